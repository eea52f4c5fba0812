using MediatR;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Application;
using SchemaHub.Application.Records;

namespace SchemaHub.Api.Records;

/// <inheritdoc cref="IRecordRoutes"/>
internal sealed class RecordRoutes<T>(RecordType type) : IRecordRoutes
    where T : class
{
    // A transcript or a mail of a megabyte, in UTF-8 and escaped.
    private const long MostBodyBytes = 8 * 1024 * 1024;

    private static readonly string[] s_reserved = ["limit", "after", "sort", "order"];

    public void Map(RouteGroupBuilder records)
    {
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
            .WithDescription(
                "In the order of their key, or by `sort`, an indexed field, and `order`, `asc` or `desc`. "
                    + "Any indexed field filters: `?field=value`."
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
            .Produces<RecordChanged>(StatusCodes.Status201Created);
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

    private async Task<Paged<Published<T>>> List(
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
        return new Paged<Published<T>>([.. page.Items.Select(Published<T>.Of)], page.Next);
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

    private async Task<Published<T>> Get(
        string key,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var found = await mediator.Send(new GetRecord(type.Name, key), cancellation);
        if (found.Version is { } version)
            response.SetVersion(version);

        return Published<T>.Of(found.Record);
    }

    private async Task<IResult> Create(
        [FromBody] T body,
        IMediator mediator,
        CommandContext context,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var command = new SaveRecord(type.Name, body);
        var changed = await Save(command, mediator, context, response, cancellation);
        return Results.Created($"/api/v1{RecordEndpoints.PathOf(type)}/{Uri.EscapeDataString(changed.Id)}", changed);
    }

    private Task<RecordChanged> Replace(
        string key,
        [FromBody] T body,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        CommandContext context,
        HttpResponse response,
        CancellationToken cancellation
    ) =>
        Save(
            new SaveRecord(type.Name, body, key, EntityTags.RequireVersion(ifMatch)),
            mediator,
            context,
            response,
            cancellation
        );

    private async Task<RecordChanged> Delete(
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
        return RecordChanged.Of(key, position);
    }

    private static async Task<RecordChanged> Save(
        SaveRecord command,
        IMediator mediator,
        CommandContext context,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(command, cancellation);
        response.SetVersion(position.Version);
        return RecordChanged.Of(command.IdOf(context.Tenant, position), position);
    }
}
