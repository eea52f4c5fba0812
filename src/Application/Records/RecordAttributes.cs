namespace SchemaHub.Application.Records;

/// <summary>Which table a record's class is a row of, and what the service keeps in it beside the properties.</summary>
/// <param name="table">Schema and table, such as <c>podcast.partners</c>.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class RecordAttribute(string table) : Attribute
{
    /// <summary>Schema and table.</summary>
    public string Table { get; } = table;

    /// <summary>What a row is known by; as its schema does it, unless said otherwise.</summary>
    public RecordKey Key { get; init; }

    /// <summary>Whose the rows are.</summary>
    public RecordScope Scope { get; init; }

    /// <summary>Which of <c>created_at</c> and <c>updated_at</c> the table has.</summary>
    public RowTimes Times { get; init; }

    /// <summary>A deleted row stays, with <c>deleted_at</c>.</summary>
    public bool SoftDeletes { get; init; }

    /// <summary>The column that holds the organization's owner of the time the row was first written.</summary>
    public string? OwnerColumn { get; init; }

    /// <summary>The resource whose permissions open it; that of its schema where null.</summary>
    public string? Area { get; init; }
}

/// <summary>What a row is known by.</summary>
public enum RecordKey
{
    /// <summary>Its schema's id: a uuid, in saas and backstage a number, in snorq a cuid.</summary>
    Id,

    /// <summary>Some of its own columns.</summary>
    Natural,

    /// <summary>The organization: it has one row at most.</summary>
    Tenant,
}

/// <summary>Whose the rows of a record's table are.</summary>
public enum RecordScope
{
    /// <summary>An organization's.</summary>
    Tenant,

    /// <summary>A person's; seen by the organizations the person is a member of.</summary>
    Person,

    /// <summary>The installation's: written by its operator, read by everybody.</summary>
    Everybody,

    /// <summary>The installation's: written and read by its operator.</summary>
    Operator,
}

/// <summary>Which times of its own a row has.</summary>
public enum RowTimes
{
    /// <summary><c>created_at</c> and <c>updated_at</c>.</summary>
    CreatedAndUpdated,

    /// <summary><c>created_at</c>.</summary>
    Created,

    /// <summary>Neither.</summary>
    None,
}

/// <summary>Part of what a row is known by: it cannot be changed.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class KeyPartAttribute : Attribute;

/// <summary>What the row holds where the value is left out.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OtherwiseAttribute(string json) : Attribute
{
    /// <summary>A JSON value.</summary>
    public string Json { get; } = json;
}

/// <summary>An instant that, left out, is that of the first save.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RecordedIfLeftOutAttribute : Attribute;

/// <summary>Another column of the row holds since when the value is what it is.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SinceAttribute(string column) : Attribute
{
    /// <summary>A column of the same table.</summary>
    public string Column { get; } = column;
}
