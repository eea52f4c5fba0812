using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>How many of what there is.</summary>
internal static class CatalogueCounts
{
    public static SchemaCounts Of(Catalogue live, string schema)
    {
        var kinds = live.Of(schema).CountBy(part => part.Kind).ToDictionary(StringComparer.Ordinal);
        var views = live.Tables(schema).Count(part => part[Trait.Definition].Length > 0);
        var tables = live.Tables(schema).Select(part => part.Table).ToHashSet(StringComparer.Ordinal);
        return new SchemaCounts(
            tables.Count - views,
            views,
            Count(PartKind.Column),
            Count(PartKind.Index) + Count(CatalogueRows.IndexOfConstraint),
            Count(PartKind.PrimaryKey),
            Count(PartKind.ForeignKey),
            Count(PartKind.Unique),
            Count(PartKind.Check),
            Count(PartKind.Policy),
            Count(PartKind.Function),
            live.Partitions.Count(partition => partition.Schema == schema)
        );

        int Count(string kind) => kinds.GetValueOrDefault(kind);
    }
}
