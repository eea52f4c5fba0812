using System.Globalization;
using MediatR;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Records;

namespace SchemaHub.Api.Records;

/// <summary>Records with ids of other kinds.</summary>
internal sealed class NamedRoutes<T>(RecordType type) : RecordRoutes<T, Published<T>, RecordChanged>(type)
    where T : class
{
    protected override Published<T> Publish(PublishedRecord record) =>
        new(record.Id, (T)record.Row, record.CreatedAt, record.UpdatedAt);

    protected override RecordChanged Answer(string id, Changed changed) => new(id, changed.Version, changed.Position);
}

/// <summary>Records whose ids are numbers, here as everywhere else.</summary>
internal sealed class NumberedRoutes<T>(RecordType type) : RecordRoutes<T, Numbered<T>, Changed>(type)
    where T : class
{
    protected override Numbered<T> Publish(PublishedRecord record) =>
        new(NumberOf(record.Id), (T)record.Row, record.CreatedAt, record.UpdatedAt);

    protected override Changed Answer(string id, Changed changed) => changed with { Id = NumberOf(id) };

    private static long NumberOf(string id) => long.Parse(id, CultureInfo.InvariantCulture);
}

/// <inheritdoc cref="IRecordRoutes"/>
internal abstract class RecordRoutes<T, TPublished, TChanged>(RecordType type) : IRecordRoutes
    where T : class
{
    // A transcript or a mail of a megabyte, in UTF-8 and escaped.
    private const long MostBodyBytes = 8 * 1024 * 1024;

    private static readonly string[] s_reserved = ["limit", "after", "sort", "order"];

    public void Map(RouteGroupBuilder records)
    {
        if (type.HasNumber)
            records.WithMetadata(new NumberedKey());

        var words = type.Table.Replace('_', ' ');
        // The framework's analyzer of handlers stumbles over a body of a generic type: it is not shown the methods.
        Delegate list = List,
            export = Export,
            get = Get,
            create = Create,
            replace = Replace,
            delete = Delete;
        records
            .MapGet("", list)
            .WithSummary($"List {words}")
            .WithMetadata(
                new ListOrder("by key, or by `sort`, an indexed field, and `order`, `asc` or `desc`")
                {
                    Filters = "any indexed field, `?field=value`",
                }
            );
        records
            .MapGet("/export.csv", export)
            .DisableRequestTimeout()
            .WithSummary($"Export {words} as CSV")
            .WithDescription("All of them, in the order of their key; UTF-8, RFC 4180, with a line of names.");
        records.MapGet("/{key}", get).WithSummary($"Get one of {words}").WithDescription("Its ETag is its version.");
        if (type.Scope == RecordScope.Everybody)
            return;

        records
            .MapPost("", create)
            .WithSummary($"Add to {words}")
            .WithMetadata(new RequestSizeLimitAttribute(MostBodyBytes))
            .Produces<TChanged>(StatusCodes.Status201Created);
        records
            .MapPut("/{key}", replace)
            .WithSummary($"Replace one of {words}")
            .WithMetadata(new RequestSizeLimitAttribute(MostBodyBytes))
            .WithDescription("If-Match names the version that is replaced. What is left out is as if it was new.");
        records
            .MapDelete("/{key}", delete)
            .WithSummary($"Delete one of {words}")
            .WithDescription("If-Match names the version that is deleted. What cannot be without it goes too.");
    }

    /// <summary>As its table's ids are written.</summary>
    protected abstract TPublished Publish(PublishedRecord record);

    /// <summary>What became of a change of a record.</summary>
    protected abstract TChanged Answer(string id, Changed changed);

    private async Task<Paged<TPublished>> List(
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null,
        string? sort = null,
        string? order = null
    )
    {
        if (order is not (null or "asc" or "desc"))
            throw new MalformedRequestException("order", "It is asc or desc.");

        var filters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (field, values) in request.Query.Where(given => !s_reserved.Contains(given.Key)))
            filters[field] = values is [{ } one]
                ? one
                : throw new MalformedRequestException(field, "It is given once.");

        var page = await mediator.Send(
            new ListRecords(type.Name, filters, sort, order == "desc", limit, after),
            cancellation
        );
        return new Paged<TPublished>([.. page.Items.Select(Publish)], page.Next);
    }

    private async Task<CsvStream> Export(IMediator mediator, CancellationToken cancellation) =>
        CsvStream.Of(
            ["id", .. type.Columns.Select(column => column.Name), "created_at", "updated_at"],
            await mediator.Send(new ExportRecords(type.Name), cancellation),
            record =>
                [
                    record.Id,
                    .. type.Columns.Select(column => column.Property.GetValue(record.Row)),
                    record.CreatedAt,
                    record.UpdatedAt,
                ]
        );

    private async Task<TPublished> Get(
        string key,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var found = await mediator.Send(new GetRecord(type.Name, key), cancellation);
        if (found.Version is { } version)
            response.SetVersion(version);

        return Publish(found.Record);
    }

    private async Task<IResult> Create(
        [FromBody] T body,
        IMediator mediator,
        CommandContext context,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var (id, changed) = await Save(new SaveRecord(type.Name, body), mediator, context, response, cancellation);
        return Results.Created($"/api/v1{RecordEndpoints.PathOf(type)}/{Uri.EscapeDataString(id)}", changed);
    }

    private async Task<TChanged> Replace(
        string key,
        [FromBody] T body,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        CommandContext context,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var command = new SaveRecord(type.Name, body, key, EntityTags.RequireVersion(ifMatch));
        return (await Save(command, mediator, context, response, cancellation)).Changed;
    }

    private async Task<TChanged> Delete(
        string key,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(
            new DeleteRecord(type.Name, key, EntityTags.RequireVersion(ifMatch)),
            cancellation
        );
        response.SetVersion(position.Version);
        return Answer(key, Changed.Of(position));
    }

    private async Task<(string Id, TChanged Changed)> Save(
        SaveRecord command,
        IMediator mediator,
        CommandContext context,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(command, cancellation);
        response.SetVersion(position.Version);
        var id = command.IdOf(context.Tenant, position);
        return (id, Answer(id, Changed.Of(position)));
    }
}
