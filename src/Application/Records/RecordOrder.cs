using FluentValidation;
using FluentValidation.Results;

namespace SchemaHub.Application.Records;

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
    public IReadOnlyList<ListPart> Parts =>
        _sort is null ? [ListPart.Values]
        : _descending ? [ListPart.Nulls, ListPart.Values]
        : [ListPart.Values, ListPart.Nulls];

    /// <exception cref="ValidationException">A field is not known or not indexed, or its value is no such.</exception>
    public static RecordOrder Of(RecordType type, TableShape shape, ListRecords query)
    {
        var failures = new List<ValidationFailure>();
        var filters = new List<(string Column, string Value)>();
        foreach (var (field, text) in query.Filters ?? new Dictionary<string, string>())
        {
            if (Indexed(field, []) is not { } column)
                continue;

            if (FieldValues.Parse(column.Type, text) is { } value)
                filters.Add((column.Name, value));
            else
                failures.Add(new ValidationFailure(field, "It is not a value of this field."));
        }

        var sort = query.Sort is null ? null : Indexed(query.Sort, filters.ConvertAll(filter => filter.Column));
        return failures.Count == 0
            ? new RecordOrder(type, shape, sort, query.Descending, filters)
            : throw new ValidationException(failures);

        RecordColumn? Indexed(string field, List<string> given)
        {
            var column = type.Find(field);
            if (column is not null && shape.IsIndexed(column.Name, type.TenantColumn, given))
                return column;

            failures.Add(
                new ValidationFailure(
                    field,
                    column is null ? "This field is not known here." : "No index finds records by this field."
                )
            );
            return null;
        }
    }

    /// <summary>The statement for a part of the list, and its parameters: texts and integers.</summary>
    /// <param name="tenant">As the table holds it; null for the operator, who sees all.</param>
    /// <param name="after">Where the part goes on; its beginning where null.</param>
    public (string Sql, IReadOnlyList<object> Values) Page(
        string? tenant,
        ListPart part,
        RecordPageToken? after,
        int limit
    )
    {
        var values = new Values(this);
        var conditions = Conditions(part, values);
        var (order, last) = Place(part, after, values);
        if (_type.TenantColumn is { } column && tenant is not null)
        {
            // Part of the order, so that the index of the key alone is not tempting: by that one, a page would walk
            // through the rows of all the others.
            conditions.Add($"t.\"{column}\" = {values.Add(tenant, column)}");
            order.Insert(0, $"t.\"{column}\"");
            last ??= _sort is null && !_descending && _type.KeyColumns is ["id"] ? [FirstId(values)] : null;
            last?.Insert(0, values.Add(tenant, column));
        }

        if (_type.Scope == RecordScope.Person && tenant is not null)
            conditions.Add("t.user_id = any (array(select podcast.current_members()))");

        if (last is { Count: > 0 })
            conditions.Add($"({string.Join(", ", order)}) {(_descending ? "<" : ">")} ({string.Join(", ", last)})");

        var where = conditions.Count == 0 ? "" : $"where {string.Join(" and ", conditions)}";
        var by = string.Join(", ", order.Select(one => _descending ? $"{one} desc" : one));
        var sort = _sort is null ? "null::text" : $"t.\"{_sort.Name}\"::text";
        var sql = $"""
            select {PublishedRecord.Columns(_type)}, {sort}
            from {_type.Name} t
            {where}
            {(by.Length == 0 ? "" : $"order by {by}")}
            limit {values.Add(limit)}
            """;
        return (sql, values.All);
    }

    private List<string> Conditions(ListPart part, Values values)
    {
        var conditions = _filters.ConvertAll(filter =>
            $"t.\"{filter.Column}\" = {values.Add(filter.Value, filter.Column)}"
        );
        if (_type.SoftDeletes)
            conditions.Add("t.deleted_at is null");

        if (_sort is not null)
            conditions.Add($"t.\"{_sort.Name}\" is {(part == ListPart.Nulls ? "" : "not ")}null");

        return conditions;
    }

    private (List<string> Order, List<string>? Last) Place(ListPart part, RecordPageToken? after, Values values)
    {
        var keys = _type.KeyColumns.Where(column => column != _type.TenantColumn).ToList();
        var order = keys.ConvertAll(column => IsNumber(column) ? "t.id::bigint" : $"t.\"{column}\"");
        var last = after?.Key.TakeLast(keys.Count).Zip(keys, values.Add).ToList();
        if (_sort is not null && part == ListPart.Values)
        {
            order.Insert(0, $"t.\"{_sort.Name}\"");
            last?.Insert(0, values.Add(after!.Value!, _sort.Name));
        }

        return (order, last);
    }

    private string FirstId(Values values) =>
        values.Add(
            _type.HasNumber ? "0"
                : _type.HasCuid ? ""
                : Guid.Empty.ToString(),
            "id"
        );

    // The index of an integer id within its organization is of it as bigint, which the primary key cannot serve.
    private bool IsNumber(string column) => _type.HasNumber && column == "id";

    /// <summary>Values that are cast to the types of their columns.</summary>
    private sealed class Values(RecordOrder order)
    {
        private readonly List<object> _all = [];

        public IReadOnlyList<object> All => _all;

        public string Add(string text, string column)
        {
            _all.Add(text);
            return $"${_all.Count}::{(order.IsNumber(column) ? "bigint" : order._shape.Types[column])}";
        }

        public string Add(int number)
        {
            _all.Add(number);
            return $"${_all.Count}";
        }
    }
}
