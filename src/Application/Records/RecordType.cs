using System.Reflection;
using System.Text.Json;
using FluentValidation;
using SchemaHub.Domain;

namespace SchemaHub.Application.Records;

/// <summary>One record's class and its table: everything that the store knows of it.</summary>
public sealed class RecordType
{
    private readonly RecordAttribute _record;
    private readonly IValidator _validator;

    private RecordType(Type row, IValidator validator)
    {
        Row = row;
        _validator = validator;
        _record = row.GetCustomAttribute<RecordAttribute>()!;
        (Schema, Table) = _record.Table.Split('.') is [var schema, var table]
            ? (schema, table)
            : throw new InvalidOperationException($"{_record.Table} is no table of a schema.");
        Columns = [.. row.GetProperties().Select(property => new RecordColumn(property))];
        KeyColumns = _record.Key switch
        {
            RecordKey.Natural => [.. Columns.Where(column => column.IsKeyPart).Select(column => column.Name)],
            RecordKey.Tenant => [TenantColumn!],
            _ => ["id"],
        };
    }

    /// <summary>The class.</summary>
    public Type Row { get; }

    /// <summary>The published schema.</summary>
    public string Schema { get; }

    /// <summary>The table's own name.</summary>
    public string Table { get; }

    /// <summary>Schema and table: what the record is called in the log.</summary>
    public string Name => _record.Table;

    /// <summary>Whose the rows are.</summary>
    public RecordScope Scope => _record.Scope;

    /// <summary>The permission to see rows; null where only the operator does.</summary>
    public string? ReadPermission => Scope == RecordScope.Operator ? null : $"{Area}:read";

    /// <summary>The permission to change rows; null where only the operator does.</summary>
    public string? WritePermission => Scope is RecordScope.Operator or RecordScope.Everybody ? null : $"{Area}:write";

    /// <summary>A deleted row stays, with <c>deleted_at</c>.</summary>
    public bool SoftDeletes => _record.SoftDeletes;

    /// <summary>The column of the organization's owner, if any.</summary>
    public string? OwnerColumn => _record.OwnerColumn;

    /// <summary>Whether the organization is the key.</summary>
    public bool IsOnePerTenant => _record.Key == RecordKey.Tenant;

    /// <summary>Whether columns of the row's own are the key.</summary>
    public bool HasNaturalKey => _record.Key == RecordKey.Natural;

    /// <summary>The columns that people write.</summary>
    public IReadOnlyList<RecordColumn> Columns { get; }

    /// <summary>The primary key.</summary>
    public IReadOnlyList<string> KeyColumns { get; }

    /// <summary>Whether the table holds personal data.</summary>
    public bool IsPersonal => Columns.Any(column => column.IsPersonal);

    /// <summary>Whether an integer, the stream's number, is the id.</summary>
    public bool HasNumber => _record.Key == RecordKey.Id && Schema is "saas" or "backstage";

    /// <summary>Whether the stream's cuid is the id.</summary>
    public bool HasCuid => _record.Key == RecordKey.Id && Schema == "snorq";

    /// <summary>The column that holds the organization; null where the rows are nobody's or a person's.</summary>
    public string? TenantColumn =>
        Scope is not (RecordScope.Tenant or RecordScope.Operator) || (Scope == RecordScope.Operator && !HasTenants)
            ? null
        : Schema == "podcast" ? "tenant_id"
        : "organization_id";

    private string Area =>
        _record.Area
        ?? Schema switch
        {
            "podcast" => "podcasts",
            "snorq" => "inbox",
            _ => "records",
        };

    /// <summary>Whether there is a <c>created_at</c>.</summary>
    public bool HasCreatedAt => _record.Times != RowTimes.None;

    /// <summary>Whether there is an <c>updated_at</c>.</summary>
    public bool HasUpdatedAt => _record.Times == RowTimes.CreatedAndUpdated;

    // The one table of the operator's that has a column for it.
    private bool HasTenants => Table == "backup_records";

    /// <summary>Describes a class.</summary>
    public static RecordType Of<T>(AbstractValidator<T> validator)
        where T : class => new(typeof(T), validator);

    /// <summary>The column of a property, as HTTP names it, or null.</summary>
    public RecordColumn? Find(string field) => Columns.FirstOrDefault(column => column.Field == field);

    /// <summary>The field behind a column's name; the name itself where people do not write it.</summary>
    public string FieldOf(string column) =>
        Columns.FirstOrDefault(one => one.Name == column)?.Field ?? JsonNamingPolicy.CamelCase.ConvertName(column);

    /// <summary>The organization as the table's column holds it; null for what is the installation's.</summary>
    public string? TenantValue(string tenant) =>
        tenant == Tenant.System ? null
        : Schema == "snorq" ? Cuid.Of(Guid.Parse(tenant))
        : tenant;

    internal IEnumerable<FluentValidation.Results.ValidationFailure> Problems(object row) =>
        _validator.Validate(new ValidationContext<object>(row)).Errors;
}

/// <summary>A column that people write.</summary>
public sealed class RecordColumn(PropertyInfo property)
{
    /// <summary>In the table.</summary>
    public string Name { get; } = JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);

    /// <summary>In HTTP.</summary>
    public string Field { get; } = JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    /// <summary>The property of the record's class.</summary>
    public PropertyInfo Property { get; } = property;

    /// <summary>The type without its being nullable.</summary>
    public Type Type { get; } = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    /// <summary>Whether it is encrypted in the log.</summary>
    public bool IsPersonal { get; } = property.IsDefined(typeof(PersonalAttribute));

    /// <summary>Whether it is part of the primary key.</summary>
    public bool IsKeyPart { get; } = property.IsDefined(typeof(KeyPartAttribute));

    /// <summary>The JSON that the row holds where the value is left out, if not null.</summary>
    public string? Otherwise { get; } = property.GetCustomAttribute<OtherwiseAttribute>()?.Json;

    /// <summary>Whether, left out, it is the instant of the first save.</summary>
    public bool IsRecordedIfLeftOut { get; } = property.IsDefined(typeof(RecordedIfLeftOutAttribute));

    /// <summary>The column that holds since when the value is what it is, if any.</summary>
    public string? Since { get; } = property.GetCustomAttribute<SinceAttribute>()?.Column;
}
