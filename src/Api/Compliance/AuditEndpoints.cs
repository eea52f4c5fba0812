using MediatR;
using SchemaHub.Api.Http;
using SchemaHub.Application.Compliance;

namespace SchemaHub.Api.Compliance;

/// <summary>Who did what, and what touched access.</summary>
internal static class AuditEndpoints
{
    private const string Filters =
        "`from` and `to` are instants, `to` is not included; `actor` is an id as entries show it; "
        + "`action` is `create`, `update` or `delete`.";

    private static readonly TimeSpan WholeListTimeout = TimeSpan.FromMinutes(10);

    private static readonly string[] s_columns =
    [
        "id",
        "recorded_at",
        "event",
        "action",
        "resource_type",
        "resource_id",
        "resource_version",
        "actor",
        "actor_name",
        "actor_email",
        "ip",
        "user_agent",
        "before",
        "after",
    ];

    public static void MapAudit(this IEndpointRouteBuilder api)
    {
        var audit = api.MapGroup("/audit").WithTags("Audit");
        audit.MapGet("", List).WithSummary("Search who did what").WithDescription(Filters).InOrder("newest first");
        audit
            .MapGet("/export.csv", ExportCsv)
            .WithSummary("Export who did what as CSV")
            .WithDescription(Filters)
            .WithRequestTimeout(WholeListTimeout);
        audit
            .MapGet("/export.ndjson", ExportLines)
            .WithSummary("Export who did what, one JSON object a line")
            .WithDescription(Filters)
            .WithRequestTimeout(WholeListTimeout);
        audit
            .MapGet("/{id:long}/proof", Prove)
            .WithSummary("Prove what was done to a thing, and by whom")
            .WithDescription(
                "One JSON file that `schemahub verify` checks offline, with the public key: everything that happened "
                    + "to the thing of this entry. What is personal stays sealed in it."
            )
            .Produces<string>(StatusCodes.Status200OK, "application/json")
            .WithRequestTimeout(WholeListTimeout);
        api.MapGet("/security-events", SecurityEvents)
            .WithTags("Audit")
            .WithSummary("List what touched access")
            .WithDescription(
                "`severity` is `info`, `low`, `medium`, `high` or `critical`; `kind` names what happened, such as "
                    + "`member_role_changed`."
            )
            .InOrder("newest first");
    }

    private static async Task<Paged<AuditEntry>> List(
        [AsParameters] AuditFilters filters,
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null
    )
    {
        var search = filters.ToSearch();
        var list = $"audit {search}";
        var page = await mediator.Send(new ListAudit(search, limit, PageToken.Read(list, after)), cancellation);
        return new Paged<AuditEntry>(page.Items, PageToken.Of(list, page.Next));
    }

    private static async Task<CsvStream> ExportCsv(
        [AsParameters] AuditFilters filters,
        IMediator mediator,
        CancellationToken cancellation
    ) => CsvStream.Of(s_columns, await mediator.Send(new ExportAudit(filters.ToSearch()), cancellation), Values);

    private static async Task<LineStream<AuditEntry>> ExportLines(
        [AsParameters] AuditFilters filters,
        IMediator mediator,
        CancellationToken cancellation
    ) => new(await mediator.Send(new ExportAudit(filters.ToSearch()), cancellation));

    private static async Task<IResult> Prove(long id, IMediator mediator, CancellationToken cancellation) =>
        Results.Content(await mediator.Send(new ProveAudit(id), cancellation), "application/json");

    private static async Task<Paged<SecurityEntry>> SecurityEvents(
        IMediator mediator,
        CancellationToken cancellation,
        string? from = null,
        string? to = null,
        string? kind = null,
        string? severity = null,
        int limit = 50,
        string? after = null
    )
    {
        var list = $"security-events from={from} to={to} kind={kind} severity={severity}";
        var page = await mediator.Send(
            new ListSecurityEvents(
                Instants.Parse("from", from),
                Instants.Parse("to", to),
                kind,
                severity,
                limit,
                PageToken.Read(list, after)
            ),
            cancellation
        );
        return new Paged<SecurityEntry>(page.Items, PageToken.Of(list, page.Next));
    }

    private static IReadOnlyList<object?> Values(AuditEntry entry) =>
        [
            entry.Id,
            entry.RecordedAt,
            entry.Event,
            entry.Action,
            entry.ResourceType,
            entry.ResourceId,
            entry.ResourceVersion,
            entry.Actor.Id,
            entry.Actor.Name,
            entry.Actor.Email,
            entry.Ip,
            entry.UserAgent,
            entry.Before,
            entry.After,
        ];
}

/// <summary>What to look for in the audit.</summary>
internal sealed record AuditFilters(
    string? From = null,
    string? To = null,
    string? Actor = null,
    string? ResourceType = null,
    Guid? ResourceId = null,
    string? Action = null
)
{
    public AuditSearch ToSearch() =>
        new(Instants.Parse("from", From), Instants.Parse("to", To), Actor, ResourceType, ResourceId, Action);
}
