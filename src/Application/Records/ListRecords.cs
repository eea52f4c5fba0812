using FluentValidation;
using FluentValidation.Results;
using MediatR;
using Npgsql;

namespace SchemaHub.Application.Records;

/// <summary>A part of a record's table, in the order of its key or of an indexed column.</summary>
/// <param name="Table">Schema and table.</param>
/// <param name="Filters">By field, one that an index begins with: the value that the records have.</param>
/// <param name="Sort">An indexed field; the key where null.</param>
/// <param name="Limit">1 to 200.</param>
/// <param name="After">What the page before gave as its next.</param>
public sealed record ListRecords(
    string Table,
    IReadOnlyDictionary<string, string>? Filters = null,
    string? Sort = null,
    bool Descending = false,
    int Limit = 50,
    string? After = null
) : IQuery<RecordPage>;

/// <summary>A part of a list.</summary>
/// <param name="Next">What to give as <c>after</c> for the part after this one; null at the end.</param>
public sealed record RecordPage(IReadOnlyList<PublishedRecord> Items, string? Next);

/// <summary>All of a record's table that the caller may see, one by one.</summary>
public sealed record ExportRecords(string Table) : IQuery<IAsyncEnumerable<PublishedRecord>>;

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
            var (sql, parameters) = order.Page(
                type.TenantValue(context.Tenant),
                part,
                after?.Part == part ? after : null,
                query.Limit + 1 - rows.Count
            );
            rows.AddRange(
                await database.Rows.Rows(
                    context.Tenant,
                    sql,
                    row => (PublishedRecord.Read(type, row), RecordPageToken.Of(part, row)),
                    cancellation,
                    parameters
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
        var (sql, parameters) = order.Page(
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
            parameters
        );
    }
}

/// <summary>In which order a list is read, by which columns.</summary>
internal sealed class RecordOrder
{
    private readonly RecordType _type;
    private readonly TableShape _shape;
    private readonly RecordColumn? _sort;
    private readonly bool _descending;
    private readonly List<(string Column, string Value)> _filters;

    private RecordOrder(
        RecordType type,
        TableShape shape,
        RecordColumn? sort,
        bool descending,
        List<(string, string)> filters
    )
    {
        (_type, _shape, _sort, _descending, _filters) = (type, shape, sort, descending, filters);
    }

    /// <summary>What is read one after the other.</summary>
    public IReadOnlyList<ListPart> Parts => _sort is null ? [ListPart.Values] : [ListPart.Values, ListPart.Nulls];

    /// <exception cref="ValidationException">A field is not known, not indexed, or given a value of no such type.</exception>
    public static RecordOrder Of(RecordType type, TableShape shape, ListRecords query)
    {
        var failures = new List<ValidationFailure>();
        var filters = new List<(string, string)>();
        foreach (var (field, text) in query.Filters ?? new Dictionary<string, string>())
        {
            if (Indexed(field, []) is not { } column)
                continue;

            if (FieldValues.Parse(column.Type, text) is { } value)
                filters.Add((column.Name, value));
            else
                failures.Add(new ValidationFailure(field, "It is not a value of this field."));
        }

        var sort = query.Sort is null ? null : Indexed(query.Sort, filters.ConvertAll(filter => filter.Item1));
        return failures.Count == 0
            ? new RecordOrder(type, shape, sort, query.Descending, filters)
            : throw new ValidationException(failures);

        RecordColumn? Indexed(string field, List<string> given)
        {
            var column = type.Find(field);
            if (column is null)
                failures.Add(new ValidationFailure(field, "This field is not known here."));
            else if (!shape.IsIndexed(column.Name, type.TenantColumn) && !Follows(column.Name, given))
                failures.Add(new ValidationFailure(field, "No index finds records by this field."));
            else
                return column;

            return null;
        }

        bool Follows(string column, List<string> given) =>
            shape.Indexes.Any(index =>
                index.SkipWhile(one => one == type.TenantColumn || given.Contains(one)).FirstOrDefault() == column
            );
    }

    /// <summary>The statement for a part of the list, and its parameters.</summary>
    public (string Sql, NpgsqlParameter[] Parameters) Page(
        string? tenant,
        ListPart part,
        RecordPageToken? after,
        int limit
    )
    {
        var parameters = new List<NpgsqlParameter>();
        var conditions = new List<string>();
        var order = _type.KeyColumns.Where(column => column != _type.TenantColumn).Select(KeyPart).ToList();
        var last = after?.Key.Skip(_type.IsOnePerTenant ? 1 : 0).Zip(_type.KeyColumns, Value).ToList();
        if (_sort is not null)
        {
            conditions.Add($"t.\"{_sort.Name}\" is {(part == ListPart.Nulls ? "" : "not ")}null");
            if (part == ListPart.Values)
            {
                order.Insert(0, $"t.\"{_sort.Name}\"");
                last?.Insert(0, Value(after!.Value!, _sort.Name));
            }
        }

        if (_type.TenantColumn is { } tenantColumn && tenant is not null)
        {
            // In the key of the index, so that the index of the key alone is not tempting: by that one, a page would
            // walk through the rows of all the others.
            conditions.Add($"t.\"{tenantColumn}\" = {Value(tenant, tenantColumn)}");
            order.Insert(0, $"t.\"{tenantColumn}\"");
            last ??= _sort is null && !_descending ? FirstKey() : null;
            last?.Insert(0, Value(tenant, tenantColumn));
        }

        foreach (var (column, value) in _filters)
            conditions.Add($"t.\"{column}\" = {Value(value, column)}");

        if (_type.SoftDeletes)
            conditions.Add("t.deleted_at is null");

        if (last is { Count: > 0 })
            conditions.Add($"({string.Join(", ", order)}) {(_descending ? "<" : ">")} ({string.Join(", ", last)})");

        var direction = _descending ? " desc" : "";
        parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var sql = $"""
            select {PublishedRecord.Columns(_type)}, {SortText()}
            from {_type.Name} t
            {(conditions.Count == 0 ? "" : $"where {string.Join(" and ", conditions)}")}
            order by {string.Join(
                ", ",
                order.Append("1").Take(Math.Max(order.Count, 1)).Select(one => one + direction)
            )}
            limit ${parameters.Count}
            """;
        return (sql, [.. parameters]);

        string Value(string text, string column)
        {
            parameters.Add(new NpgsqlParameter<string> { TypedValue = text });
            return $"${parameters.Count}::{CastOf(column)}";
        }

        List<string>? FirstKey() =>
            _type.KeyColumns is ["id"]
                ?
                [
                    Value(
                        _type.HasNumber ? "0"
                            : _type.HasCuid ? ""
                            : $"{Guid.Empty}",
                        "id"
                    ),
                ]
                : null;
    }

    // The index of an integer id within its organization is of it as bigint, which the primary key cannot serve.
    private string KeyPart(string column) => _type.HasNumber && column == "id" ? "t.id::bigint" : $"t.\"{column}\"";

    private string CastOf(string column) => _type.HasNumber && column == "id" ? "bigint" : _shape.Types[column];

    private string SortText() => _sort is null ? "null::text" : $"t.\"{_sort.Name}\"::text";
}
