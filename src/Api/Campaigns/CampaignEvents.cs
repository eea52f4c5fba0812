using System.Runtime.CompilerServices;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Api.Campaigns;

/// <summary>A campaign's progress as it changes: for a page that shows it live.</summary>
internal static class CampaignEvents
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>Its progress now, and whenever it is another; one that is not under way says so once.</summary>
    public static async IAsyncEnumerable<Told> Follow(
        long campaign,
        CommandContext caller,
        RunAs runAs,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        var isOver = false;
        await foreach (var progress in EventStream.Changes(Progress, Look, cancellation))
        {
            isOver = progress.Status is not ("scheduled" or "sending" or "paused");
            yield return new Told("progress", progress);
        }

        async Task<CampaignProgress?> Progress(CancellationToken end)
        {
            if (isOver)
                return null;

            // A scope a look: a campaign may take days.
            await using var scope = runAs.Caller(caller);
            return await scope.Send(new GetProgress(campaign), end);
        }
    }
}
