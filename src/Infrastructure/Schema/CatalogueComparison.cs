using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>
/// Compares a database that this program made with everything the program publishes. Parts are told apart by what
/// they are: a renamed index is the same index under another name.
/// </summary>
internal sealed class CatalogueComparison(Catalogue published, Catalogue live)
{
    private readonly PartDifferences _differences = new(
        isSameServer: published.ServerVersion / 10_000 == live.ServerVersion / 10_000,
        live
    );

    /// <summary>What differs, in an order in which it can be mended.</summary>
    public IReadOnlyList<SchemaFinding> Compare(IReadOnlyCollection<string> schemas)
    {
        var findings = new List<(int Order, SchemaFinding Finding)>();
        foreach (var schema in schemas.Where(schema => published.Schemas.Contains(schema)))
        {
            if (live.Schemas.Contains(schema))
                findings.AddRange(Schema(schema));
            else
                findings.Add((0, SchemaReviewer.MissingSchema(schema)));
        }

        if (schemas.Any(DocumentedFacts.Schemas.Contains))
            findings.AddRange(
                Kind(Of(published, "", "", PartKind.Extension), Of(live, "", "", PartKind.Extension))
                    .Where(found => found.Finding.Kind == "extension.missing")
            );

        return [.. findings.OrderBy(found => found.Order).Select(found => found.Finding)];
    }

    private IEnumerable<(int, SchemaFinding)> Schema(string schema)
    {
        var (expected, there) = (Tables(published, schema), Tables(live, schema));
        foreach (var table in expected.Keys.Except(there.Keys, StringComparer.Ordinal))
        {
            var part = expected[table];
            yield return (
                Order(PartKind.Table) + (part[Trait.Is] == "view" ? Order(PartKind.Policy) : 0),
                new SchemaFinding(
                    Severity.Error,
                    "table.missing",
                    part.Place,
                    part[Trait.Is],
                    "none",
                    PublishedTable.Create(published, part)
                )
            );
        }

        foreach (var table in there.Keys.Except(expected.Keys, StringComparer.Ordinal))
            yield return Extra(there[table]);

        var common = expected.Keys.Intersect(there.Keys, StringComparer.Ordinal).Prepend("");
        foreach (var table in common)
        {
            foreach (var kind in KindsOf(table.Length == 0 ? null : (expected[table], there[table])))
            {
                foreach (var found in Kind(Of(published, schema, table, kind), Of(live, schema, table, kind)))
                    yield return found;
            }
        }
    }

    /// <summary>
    /// What is to be compared: a view's columns are its query's, and a table that is no view has all else wrong.
    /// </summary>
    private static IEnumerable<string> KindsOf((CataloguePart Expected, CataloguePart There)? tables) =>
        tables is not var (expected, there) ? PartKind.All
        : expected[Trait.Is] != there[Trait.Is] ? [PartKind.Table]
        : PartKind.All.Where(kind => kind != PartKind.Column || there[Trait.Definition].Length == 0);

    /// <summary>Parts of one kind and table: the same by what they are and are called, by either, or neither.</summary>
    private IEnumerable<(int Order, SchemaFinding Finding)> Kind(
        List<CataloguePart> expected,
        List<CataloguePart> there
    )
    {
        var pairs = new List<(CataloguePart Expected, CataloguePart There)>();
        Pair((one, other) => one.Id == other.Id && one.Name == other.Name);
        Pair((one, other) => one.Id == other.Id);
        Pair((one, other) => _differences.AreSame(one.Id, other.Id));
        Pair((one, other) => one.Name == other.Name);
        foreach (var found in pairs.SelectMany(pair => _differences.Of(pair.Expected, pair.There)))
            yield return (Order(pairs[0].Expected.Kind), found);

        foreach (var part in expected)
            yield return (
                Order(part.Kind),
                new SchemaFinding(
                    Severity.Error,
                    $"{part.Kind}.missing",
                    PlaceOf(part),
                    Wording.Of(part),
                    "none",
                    Mending.Create(part)
                )
            );

        foreach (var part in there)
            yield return Extra(part);

        void Pair(Func<CataloguePart, CataloguePart, bool> areSame)
        {
            foreach (var part in expected.ToList())
            {
                if (there.Find(other => areSame(part, other)) is not { } other)
                    continue;

                pairs.Add((part, other));
                expected.Remove(part);
                there.Remove(other);
            }
        }
    }

    // What is too much goes first, and what stands on it before it.
    private static (int, SchemaFinding) Extra(CataloguePart part) =>
        (
            -Order(part.Kind),
            new SchemaFinding(
                SeverityOfExtra(part),
                $"{part.Kind}.extra",
                PlaceOf(part),
                "none",
                Wording.Of(part),
                Mending.Drop(part)
            )
        );

    /// <summary>What lets somebody see more, or refuses what is written, is an error.</summary>
    private static Severity SeverityOfExtra(CataloguePart part) =>
        part.Kind switch
        {
            PartKind.Policy or PartKind.Privilege or PartKind.Trigger or PartKind.Rule => Severity.Error,
            PartKind.Unique or PartKind.Check or PartKind.Exclusion or PartKind.ForeignKey => Severity.Error,
            PartKind.Index when part[Trait.IsUnique].Length > 0 => Severity.Error,
            PartKind.Column
                when part[Trait.Nullability] == CatalogueRows.NotNull
                    && part[Trait.Default].Length + part[Trait.Generated].Length == 0 => Severity.Error,
            _ => Severity.Warning,
        };

    /// <summary>Things that are not of a table have a name of their own.</summary>
    public static string PlaceOf(CataloguePart part) =>
        part.Table.Length > 0 || part.Kind == PartKind.Schema ? part.Place
        : part.Schema.Length == 0 ? part.Id
        : $"{part.Schema}.{part.Id}";

    private static int Order(string kind)
    {
        var index = PartKind.All.ToList().IndexOf(kind);
        return index + 1;
    }

    private static Dictionary<string, CataloguePart> Tables(Catalogue catalogue, string schema) =>
        catalogue.Tables(schema).ToDictionary(part => part.Table, StringComparer.Ordinal);

    private static List<CataloguePart> Of(Catalogue catalogue, string schema, string table, string kind) =>
        [.. catalogue.Of(schema, table, kind)];
}
