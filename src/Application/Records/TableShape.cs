namespace SchemaHub.Application.Records;

/// <summary>What the database says of a record's table.</summary>
/// <param name="Types">By column: its type, as a cast names it.</param>
/// <param name="Indexes">The columns of each whole index (none of a part of the rows), in their order.</param>
/// <param name="References">What its rows refer to.</param>
/// <param name="ReferencedBy">What refers to its rows.</param>
/// <param name="Constraints">By the name of a constraint or unique index: the columns it is about.</param>
public sealed record TableShape(
    IReadOnlyDictionary<string, string> Types,
    IReadOnlyList<IReadOnlyList<string>> Indexes,
    IReadOnlyList<TableReference> References,
    IReadOnlyList<TableReference> ReferencedBy,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Constraints
)
{
    /// <summary>Whether rows are found by the column's value without reading the others.</summary>
    /// <param name="given">Columns whose values are given as well.</param>
    public bool IsIndexed(string column, string? tenantColumn, params IReadOnlyCollection<string> given) =>
        Indexes.Any(index =>
            index[0] == column
            || index.SkipWhile(one => one == tenantColumn || given.Contains(one)).FirstOrDefault() == column
        );
}

/// <summary>A foreign key.</summary>
/// <param name="Table">The referring table, with its schema.</param>
/// <param name="Target">The table referred to, with its schema.</param>
public sealed record TableReference(
    string Table,
    IReadOnlyList<string> Columns,
    string Target,
    IReadOnlyList<string> TargetColumns,
    OnDelete OnDelete
);

/// <summary>What the documents want to happen to a row when what it refers to is deleted.</summary>
public enum OnDelete
{
    /// <summary>It keeps that from being deleted.</summary>
    Restrict,

    /// <summary>It is deleted too.</summary>
    Cascade,

    /// <summary>It refers to nothing from then on.</summary>
    SetNull,
}

/// <summary>The shapes of the tables, read once.</summary>
public interface ITableShapes
{
    /// <summary>Whether a published schema is on.</summary>
    bool IsOn(string schema);

    /// <summary>The shape of a record's table.</summary>
    Task<TableShape> Of(RecordType type, CancellationToken cancellation);
}
