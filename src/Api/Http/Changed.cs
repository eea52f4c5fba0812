using MediatR;
using SchemaHub.Application;

namespace SchemaHub.Api.Http;

/// <summary>What became of a change. The same request under the same idempotency key answers the same.</summary>
/// <param name="Id">What was changed.</param>
/// <param name="Version">Its version after the change.</param>
/// <param name="Position">Where in the log the change lies; null where nothing had to change.</param>
internal sealed record Changed(long Id, long Version, long? Position)
{
    public static Changed Of(Position position) =>
        new(position.Number, position.Version, position.Sequence == 0 ? null : position.Sequence);
}

/// <summary>Shorthands for endpoints.</summary>
internal static class ChangedExtensions
{
    /// <summary>Sends a command, and answers what became of it with the new version as <c>ETag</c>.</summary>
    public static async Task<Changed> Change(
        this IMediator mediator,
        ICommand command,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(command, cancellation);
        response.SetVersion(position.Version);
        return Changed.Of(position);
    }
}
