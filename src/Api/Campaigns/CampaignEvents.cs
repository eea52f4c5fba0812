using System.Runtime.CompilerServices;
using MediatR;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Api.Campaigns;

/// <summary>A campaign's progress as it changes: for a page that shows it live.</summary>
internal static class CampaignEvents
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>Its progress now, and whenever it is another; the last is that of its end.</summary>
    public static async IAsyncEnumerable<Told> Follow(
        long campaign,
        string tenant,
        IServiceScopeFactory scopes,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var isOver = false;
        await foreach (var progress in EventStream.Changes(Progress, Look, cancellation))
        {
            isOver = progress.Status is "sent" or "cancelled";
            yield return new Told("progress", progress);
        }

        async Task<CampaignProgress?> Progress(CancellationToken end)
        {
            if (isOver)
                return null;

            // A scope a look: a campaign may take days.
            await using var scope = scopes.CreateAsyncScope();
            scope.ServiceProvider.GetRequiredService<CommandContext>().Tenant = tenant;
            return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(new GetProgress(campaign), end);
        }
    }
}
