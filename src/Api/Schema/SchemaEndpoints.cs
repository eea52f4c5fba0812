using MediatR;
using SchemaHub.Application.Schema;

namespace SchemaHub.Api.Schema;

/// <summary>Whether the database still is what its documents say.</summary>
internal static class SchemaEndpoints
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    public static void MapSchema(this IEndpointRouteBuilder api) =>
        api.MapGroup("")
            .WithTags("Schema")
            .MapGet("/schema/check", Check)
            .WithSummary("Compare the published schemas with their documents")
            .WithDescription(
                "As `schemahub schema check` does: the documented facts that hold, the documented exceptions, and each "
                    + "finding with what is expected, what is there and the SQL that mends it. Name a `schema` once or "
                    + "several times for some of them. Nothing is changed, and no row is shown."
            )
            .WithRequestTimeout(Timeout);

    private static Task<SchemaReport> Check(
        IMediator mediator,
        CancellationToken cancellation,
        string[]? schema = null
    ) => mediator.Send(new CheckSchema(schema ?? []), cancellation);
}
