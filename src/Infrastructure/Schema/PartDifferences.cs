using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>In what a part differs from what is published, and what mends it.</summary>
internal sealed class PartDifferences(bool isSameServer, Catalogue live)
{
    /// <summary>
    /// Two expressions are the same. What was dumped and restored is printed with other casts of texts, and other
    /// versions print some more of it differently.
    /// </summary>
    public bool AreSame(string one, string other) =>
        SqlExpression.AreSame(one, other)
        || SqlExpression.WithoutTextCasts(one) == SqlExpression.WithoutTextCasts(other)
        || !isSameServer && SqlExpression.Canonical(one) == SqlExpression.Canonical(other);

    // A function's text is its own, and is printed as it was written.
    private bool AreSame(CataloguePart part, string trait, string one, string other) =>
        part.Kind == PartKind.Function && trait == Trait.Definition ? one == other : AreSame(one, other);

    public IEnumerable<SchemaFinding> Of(CataloguePart expected, CataloguePart there)
    {
        if (!AreSame(expected.Id, there.Id))
        {
            yield return new SchemaFinding(
                Severity.Error,
                $"{there.Kind}.definition",
                CatalogueComparison.PlaceOf(there),
                Wording.Of(expected),
                Wording.Of(there),
                Mending.Replace(there, expected)
            );
            yield break;
        }

        var traits = expected
            .Traits.Keys.Union(there.Traits.Keys, StringComparer.Ordinal)
            .Where(trait => !Trait.NotCompared.Contains(trait))
            // A table that is no view differs in everything else, too.
            .Where(trait => trait == Trait.Is || there.Kind != PartKind.Table || expected[Trait.Is] == there[Trait.Is])
            .Order(StringComparer.Ordinal);
        foreach (var trait in traits)
        {
            if (!AreSame(there, trait, expected[trait], there[trait]))
                yield return new SchemaFinding(
                    trait == Trait.Name ? Severity.Warning : Severity.Error,
                    $"{there.Kind}.{trait}",
                    Place(there),
                    Wording.Value(expected[trait]),
                    Wording.Value(there[trait]),
                    Mend(expected, there, trait)
                );
        }
    }

    // Several policies, or several constraints, of one table: which it is must be said.
    private static string Place(CataloguePart there) =>
        there.Kind is PartKind.Policy or PartKind.Privilege or PartKind.Trigger or PartKind.Rule
            ? $"{there.Place} {there.Id}"
            : CatalogueComparison.PlaceOf(there);

    private string Mend(CataloguePart expected, CataloguePart there, string trait) =>
        (there.Kind, trait) switch
        {
            (_, Trait.Name) => Mending.Rename(there, expected.Name),
            (_, Trait.Owner) => Mending.Owner(there, expected[Trait.Owner]),
            (PartKind.Table, _) => MendTable(expected, there, trait),
            (PartKind.Column, _) => Mending.AlterColumn(there, trait, expected[trait]),
            (PartKind.Enum, _) => EnumMending.Replace(there, expected, live),
            (PartKind.Function, Trait.Privileges) => Mending.Callers(expected, expected[trait], there[trait]),
            (PartKind.Function, _) => Mending.Create(expected),
            (PartKind.Privilege, _) => MendPrivileges(expected, there),
            (PartKind.Schema, _) => MendUsage(expected, there),
            (PartKind.Type, _) => Mending.Note($"make {there.Schema}.{there.Id} {expected[trait]}"),
            (_, Trait.State) when there.Kind is PartKind.Check or PartKind.ForeignKey or PartKind.Index =>
                Mending.Enforce(there),
            _ => Mending.Replace(there, expected),
        };

    private static string MendTable(CataloguePart expected, CataloguePart there, string trait)
    {
        var table = Mending.Qualified(there.Schema, there.Table);
        var kind = there[Trait.Is] == "partitioned table" ? "table" : there[Trait.Is];
        return trait switch
        {
            Trait.RowSecurity => Mending.RowSecurity(there, expected[trait]),
            Trait.Persistence =>
                $"alter table {table} set {(expected[trait].Length == 0 ? "logged" : expected[trait])};",
            Trait.Options when expected[trait].Length > 0 => $"alter {kind} {table} set ({expected[trait]});",
            Trait.Options => $"alter {kind} {table} reset ({Names(there[trait])});",
            Trait.Definition when expected[Trait.Is] == there[Trait.Is] =>
                $"{Mending.Drop(there)}\n{PublishedTable.Create(PublishedCatalogue.Current.Catalogue, expected)}",
            Trait.Is => Mending.Note(
                $"{there.Place} is a {there[trait]}: move it out of the way, then\n"
                    + PublishedTable.Create(PublishedCatalogue.Current.Catalogue, expected)
            ),
            _ => Mending.Note($"make {there.Place} anew: {trait} {Wording.Value(expected[trait])}"),
        };
    }

    private static string Names(string options) =>
        string.Join(", ", options.Split(", ").Select(option => option.Split('=')[0]));

    // Taking a right on the whole table takes the same right on its columns along, so all are given again.
    private static string MendPrivileges(CataloguePart expected, CataloguePart there)
    {
        var (wanted, given) = (Listed(expected), Listed(there));
        var tooMuch = string.Join(CataloguePart.ColumnSeparator, given.Except(wanted, StringComparer.Ordinal));
        return string.Join(
            '\n',
            new[]
            {
                Mending.Grants(there, tooMuch, "revoke", "from"),
                Mending.Grants(there, expected[Trait.Privileges], "grant", "to"),
            }.Where(lines => lines.Length > 0)
        );

        static string[] Listed(CataloguePart part) => part[Trait.Privileges].Split(CataloguePart.ColumnSeparator);
    }

    private static string MendUsage(CataloguePart expected, CataloguePart there)
    {
        var (wanted, given) = (Listed(expected), Listed(there));
        return string.Join(
            '\n',
            given
                .Except(wanted, StringComparer.Ordinal)
                .Select(grant => Line("revoke", grant, "from"))
                .Concat(wanted.Except(given, StringComparer.Ordinal).Select(grant => Line("grant", grant, "to")))
        );

        string Line(string verb, string grant, string preposition)
        {
            var colon = grant.LastIndexOf(':');
            var role = grant[..colon] == "public" ? "public" : SqlTokens.Quoted(grant[..colon]);
            return $"{verb} {grant[(colon + 1)..]} on schema {SqlTokens.Quoted(there.Id)} {preposition} {role};";
        }

        static string[] Listed(CataloguePart part) =>
            part[Trait.Privileges].Split(", ", StringSplitOptions.RemoveEmptyEntries);
    }
}
