namespace SchemaHub.Infrastructure.Schema;

/// <summary>The statements that make a whole table or view as it is published.</summary>
internal static class PublishedTable
{
    private static readonly string[] s_inside =
    [
        PartKind.PrimaryKey,
        PartKind.Unique,
        PartKind.Check,
        PartKind.Exclusion,
        PartKind.ForeignKey,
    ];

    private static readonly string[] s_after =
    [
        PartKind.Index,
        PartKind.Trigger,
        PartKind.Rule,
        PartKind.Policy,
        PartKind.Privilege,
    ];

    public static string Create(Catalogue published, CataloguePart table)
    {
        var parts = published.Of(table.Schema, table.Table);
        var lines = parts
            .Where(part => part.Kind == PartKind.Column)
            .Select(Mending.ColumnLine)
            .Concat(s_inside.SelectMany(kind => parts.Where(part => part.Kind == kind)).Select(Mending.ConstraintLine));
        var statements = new List<string>
        {
            Mending.CreateRelation(table, lines),
            Mending.Owner(table, table[Trait.Owner]),
        };
        if (table[Trait.RowSecurity].Length > 0)
            statements.Add(Mending.RowSecurity(table, table[Trait.RowSecurity]));

        statements.AddRange(s_after.SelectMany(kind => parts.Where(part => part.Kind == kind)).Select(Mending.Create));
        return string.Join('\n', statements);
    }
}
