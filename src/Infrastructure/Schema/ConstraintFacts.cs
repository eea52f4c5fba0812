using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>Documented keys, unique constraints, references, indexes, checks and enums of one table.</summary>
internal sealed class ConstraintFacts(Catalogue live)
{
    public FactResult Look(DocumentedFact fact) =>
        fact.Kind switch
        {
            "pk" => PrimaryKey(fact),
            "unique" => Unique(fact),
            "fk" => ForeignKey(fact),
            "index" => Index(fact),
            "check" => Check(fact),
            "enum" => Enum(fact),
            _ => throw new InvalidOperationException($"Nobody knows how to look at {fact.Id}."),
        };

    public static SchemaFinding MissingIndex(string schema, string table, IReadOnlyList<string> columns, string name)
    {
        var part = DocumentedParts.Index(schema, table, columns, name);
        return new SchemaFinding(
            Severity.Error,
            "index.missing",
            part.Place,
            Wording.Of(part),
            "none",
            Mending.Create(part)
        );
    }

    private FactResult PrimaryKey(DocumentedFact fact)
    {
        var columns = DocumentedFacts.ColumnsOf(fact["definition"]);
        var there = live.Of(fact.Schema, fact.Table, PartKind.PrimaryKey).FirstOrDefault();
        if (there is not null && there.Columns.SequenceEqual(columns))
            return FactResult.Held(fact, there);

        var expected = DocumentedParts.PrimaryKey(fact.Schema, fact.Table, columns);
        return FactResult.Broken(
            fact,
            there is null
                ? Missing(expected)
                : new SchemaFinding(
                    Severity.Error,
                    "primary_key.columns",
                    $"{fact.Schema}.{fact.Table}",
                    expected.Id,
                    there.Id,
                    Mending.Replace(there, expected)
                )
        );
    }

    private FactResult Unique(DocumentedFact fact)
    {
        var columns = DocumentedFacts.ColumnsOf(fact["definition"]);
        var unique = live.Keys(fact.Schema, fact.Table)
            .Where(key => key.Kind != PartKind.Index || key[Trait.IsUnique].Length > 0)
            .ToList();
        var same = unique
            .Where(key =>
                key[Trait.Predicate].Length == 0 && key.Columns.ToHashSet(StringComparer.Ordinal).SetEquals(columns)
            )
            .ToList();
        var expected = DocumentedParts.Unique(fact.Schema, fact.Table, columns, fact["name"]);
        if (same.Count == 0)
        {
            // One that says less is worth knowing of.
            var weaker = unique.Where(key =>
                columns.All(column => key.Columns.Contains(column, StringComparer.Ordinal))
            );
            var found = string.Join("; ", weaker.Select(Wording.Of).Order(StringComparer.Ordinal));
            return FactResult.Broken(fact, Missing(expected, found));
        }

        var named = same.Find(key => fact["name"].Length == 0 || key.Name == fact["name"]);
        return named is not null
            ? FactResult.Held(fact, named)
            : FactResult.Broken(fact, OtherName(same[0], fact["name"]));
    }

    private FactResult ForeignKey(DocumentedFact fact)
    {
        if (DocumentedFacts.ReferenceOf(fact["definition"]) is not { } documented)
            throw new InvalidOperationException($"Nobody can read {fact.Id}.");

        var keys = live.Of(fact.Schema, fact.Table, PartKind.ForeignKey).ToList();
        var expected = DocumentedParts.ForeignKey(fact.Schema, fact.Table, documented);
        var there = keys.Find(key => key.Id == expected.Id);
        if (there is null)
        {
            var other = keys.Where(key => documented.Columns.Any(c => key.Columns.Contains(c, StringComparer.Ordinal)));
            var found = string.Join("; ", other.Select(key => key.Id).Order(StringComparer.Ordinal));
            return FactResult.Broken(fact, Missing(expected, found));
        }

        var findings = new List<SchemaFinding>();
        if (documented.OnDelete is { } action && action != there[Trait.OnDelete])
            findings.Add(
                new SchemaFinding(
                    Severity.Error,
                    "foreign_key.on_delete",
                    there.Place,
                    $"{there.Id} on delete {action}",
                    there[Trait.OnDelete],
                    Mending.Replace(there, Mending.With(there, Trait.OnDelete, action))
                )
            );
        if (there[Trait.State] != CatalogueReader.Valid)
            findings.Add(NotEnforced(there));

        return findings.Count == 0 ? FactResult.Held(fact, there) : FactResult.Broken(fact, findings);
    }

    public static SchemaFinding NotEnforced(CataloguePart key) =>
        new(
            Severity.Error,
            $"{key.Kind}.state",
            key.Place,
            $"{key.Id} {CatalogueReader.Valid}",
            key[Trait.State],
            Mending.Enforce(key)
        );

    private FactResult Index(DocumentedFact fact)
    {
        var columns = DocumentedFacts.ColumnsOf(fact["definition"]);
        var keys = live.Of(fact.Schema, fact.Table)
            .Where(part =>
                part.Kind is PartKind.Index or CatalogueRows.IndexOfConstraint && part[Trait.Predicate].Length == 0
            )
            .ToList();
        var name = fact["name"];
        var named = keys.Find(key => key.Name == name);
        if (name.Length > 0 && named is not null && !named.Columns.SequenceEqual(columns))
            return FactResult.Broken(
                fact,
                new SchemaFinding(
                    Severity.Error,
                    "index.columns",
                    $"{fact.Schema}.{fact.Table}",
                    $"{name} ({string.Join(", ", columns)})",
                    $"({string.Join(", ", named.Columns)})",
                    Mending.Replace(named, DocumentedParts.Index(fact.Schema, fact.Table, columns, name))
                )
            );

        var same = named is not null ? [named] : keys.Where(key => Leads(key, columns, name.Length > 0)).ToList();
        if (same.Count == 0)
            return FactResult.Broken(fact, MissingIndex(fact.Schema, fact.Table, columns, name));
        if (name.Length > 0 && named is null)
            return FactResult.Broken(fact, OtherName(same[0], name));

        var valid = same.Find(key => key[Trait.State] == CatalogueReader.Valid);
        return valid is null ? FactResult.Broken(fact, NotEnforced(same[0])) : FactResult.Held(fact, valid);
    }

    private static bool Leads(CataloguePart key, IReadOnlyList<string> columns, bool exactly) =>
        exactly ? key.Columns.SequenceEqual(columns) : key.Columns.Take(columns.Count).SequenceEqual(columns);

    private FactResult Check(DocumentedFact fact)
    {
        var condition = SqlExpression.Canonical(fact["definition"]);
        var checks = live.Of(fact.Schema, fact.Table, PartKind.Check).ToList();
        var same = checks.Find(check => SqlExpression.Canonical(check.Id) == condition);
        if (same is not null && same.Name == fact["name"])
            return same[Trait.State] == CatalogueReader.Valid
                ? FactResult.Held(fact, same)
                : FactResult.Broken(fact, NotEnforced(same));
        if (same is not null)
            return FactResult.Broken(fact, OtherName(same, fact["name"]));

        var expected = DocumentedParts.Check(fact);
        return FactResult.Broken(
            fact,
            checks.Find(check => check.Name == fact["name"]) is { } named
                ? new SchemaFinding(
                    Severity.Error,
                    "check.condition",
                    named.Place,
                    Wording.Of(expected),
                    named.Id,
                    Mending.Replace(named, expected)
                )
                : Missing(expected)
        );
    }

    /// <summary>A type's values; the document names the type, or the column that is of it.</summary>
    private FactResult Enum(DocumentedFact fact)
    {
        var definition = fact["definition"];
        var colon = definition.IndexOf(':', StringComparison.Ordinal);
        var values = DocumentedFacts.ColumnsOf(colon < 0 ? definition : definition[(colon + 1)..]);
        var column = colon < 0 ? null : live.Column(fact.Schema, fact.Table, definition[..colon]);
        var name = colon < 0 ? fact["name"] : column?[Trait.Type].Split('.')[^1].Trim('"') ?? "";
        var expected = DocumentedParts.Enum(fact.Schema, name, values);
        if (live.Of(fact.Schema, "", PartKind.Enum).FirstOrDefault(part => part.Id == name) is not { } there)
            // A column that is no enum at all is its own finding.
            return colon < 0 ? FactResult.Broken(fact, Missing(expected)) : FactResult.Broken(fact);

        return there[Trait.Values] == expected[Trait.Values]
            ? FactResult.Held(fact, there)
            : FactResult.Broken(
                fact,
                new SchemaFinding(
                    Severity.Error,
                    "enum.values",
                    there.Place + "." + there.Id,
                    Wording.Of(expected),
                    Wording.Of(there),
                    Mending.Replace(there, expected, live)
                )
            );
    }

    private static SchemaFinding OtherName(CataloguePart there, string name) =>
        new(Severity.Warning, $"{there.Kind}.name", there.Place, name, there.Name, Mending.Rename(there, name));

    private static SchemaFinding Missing(CataloguePart expected, string found = "") =>
        new(
            Severity.Error,
            $"{expected.Kind}.missing",
            expected.Place,
            Wording.Of(expected),
            found.Length == 0 ? "none" : found,
            Mending.Create(expected)
        );
}
