using FluentValidation;
using FluentValidation.Results;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;

namespace SchemaHub.Application.Records;

/// <summary>A part of a record's table, in the order of its key or of an indexed column.</summary>
/// <param name="Table">Schema and table.</param>
/// <param name="Filters">By field, one that an index begins with: the value that the records have.</param>
/// <param name="Sort">An indexed field; the key where null.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">What the page before gave as its next.</param>
[RequiresByContent]
public sealed record ListRecords(
    string Table,
    IReadOnlyDictionary<string, string>? Filters = null,
    string? Sort = null,
    bool Descending = false,
    int Limit = 50,
    string? After = null
) : IQuery<RecordPage>, IRequiresByContent
{
    /// <inheritdoc/>
    public string? RequiredPermission => RecordCatalogue.Get(Table).ReadPermission;
}

/// <summary>A part of a list.</summary>
/// <param name="Next">What to give as <c>after</c> for the part after this one; null at the end.</param>
public sealed record RecordPage(IReadOnlyList<PublishedRecord> Items, string? Next);

/// <summary>All of a record's table that the caller may see, one by one.</summary>
[RequiresByContent]
public sealed record ExportRecords(string Table) : IQuery<IAsyncEnumerable<PublishedRecord>>, IRequiresByContent
{
    /// <inheritdoc/>
    public string? RequiredPermission => RecordCatalogue.Get(Table).ReadPermission;
}

internal sealed class ListRecordsValidator : AbstractValidator<ListRecords>
{
    public const int MostItems = 200;

    public ListRecordsValidator() => RuleFor(query => query.Limit).InclusiveBetween(1, MostItems);
}

internal sealed class ListRecordsHandler(RecordDatabase database, ITableShapes shapes, CommandContext context)
    : IRequestHandler<ListRecords, RecordPage>,
        IRequestHandler<ExportRecords, IAsyncEnumerable<PublishedRecord>>
{
    public async Task<RecordPage> Handle(ListRecords query, CancellationToken cancellation)
    {
        var type = RecordCatalogue.Get(query.Table);
        var order = RecordOrder.Of(type, await shapes.Of(type, cancellation), query);
        var after = RecordPageToken.Read(query);
        var rows = new List<(PublishedRecord Record, RecordPageToken Place)>();
        // Rows without a value come last, and are a list of their own: no index finds both in one go.
        foreach (var part in order.Parts.SkipWhile(part => after is not null && part != after.Part))
        {
            var (sql, values) = order.Page(
                type.TenantValue(context.Tenant),
                part,
                after?.Part == part ? after : null,
                query.Limit + 1 - rows.Count
            );
            rows.AddRange(
                await database.Rows.Rows(
                    context.Tenant,
                    sql,
                    row => (PublishedRecord.Read(type, row), PlaceOf(part, row)),
                    cancellation,
                    Parameters(values)
                )
            );
            if (rows.Count > query.Limit)
                break;
        }

        if (rows.Count <= query.Limit)
            return new RecordPage(rows.ConvertAll(row => row.Record), Next: null);

        rows.RemoveAt(rows.Count - 1);
        return new RecordPage(rows.ConvertAll(row => row.Record), rows[^1].Place.Write(query));
    }

    public async Task<IAsyncEnumerable<PublishedRecord>> Handle(ExportRecords query, CancellationToken cancellation)
    {
        var type = RecordCatalogue.Get(query.Table);
        var list = new ListRecords(query.Table);
        var order = RecordOrder.Of(type, await shapes.Of(type, cancellation), list);
        var (sql, values) = order.Page(
            type.TenantValue(context.Tenant),
            order.Parts[0],
            after: null,
            limit: int.MaxValue
        );
        return database.Rows.Stream(
            context.Tenant,
            sql,
            row => PublishedRecord.Read(type, row),
            cancellation,
            Parameters(values)
        );
    }

    private static NpgsqlParameter[] Parameters(IReadOnlyList<object> values) =>
        [.. values.Select(value => new NpgsqlParameter { Value = value })];

    private static RecordPageToken PlaceOf(ListPart part, NpgsqlDataReader row) =>
        new(
            part,
            row.IsDBNull(PublishedRecord.ColumnCount) ? null : row.GetString(PublishedRecord.ColumnCount),
            [row.GetString(0)]
        );
}
