using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>One review: the facts, the findings, and which of them are exceptions.</summary>
internal sealed class ReviewRun
{
    private static readonly string[] s_onlyTimeTells = ["table.retention"];

    private readonly Catalogue _live;
    private readonly IReadOnlyDictionary<string, string> _schemas;
    private readonly IReadOnlyList<ReviewException> _exceptions;
    private readonly ILookup<string, FactResult> _facts;
    private readonly List<SchemaFinding> _found;

    public ReviewRun(
        Catalogue live,
        IReadOnlyDictionary<string, string> schemas,
        TimeProvider clock,
        IReadOnlyList<ReviewException> exceptions
    )
    {
        _live = live;
        _schemas = schemas;
        _exceptions = [.. exceptions.Where(exception => live.IsOurs || !exception.OnlyOurs)];
        var review = new FactReview(live, clock);
        _facts = schemas
            .Keys.SelectMany(schema => live.Schemas.Contains(schema) ? review.Review(schema) : NothingOf(schema))
            .ToLookup(result => result.Fact.Schema);
        var health = new HealthRules(live, clock);
        var compared = (live.IsOurs ? OursAgainstPublished() : AgainstDocuments()).ToList();
        // A reference that is one too many needs no index.
        var extra = compared.Where(found => found.Kind == "foreign_key.extra").Select(found => found.Place).ToHashSet();
        _found =
        [
            .. compared,
            .. schemas
                .Keys.SelectMany(health.Review)
                .Where(found => found.Kind != "foreign_key.without_index" || !extra.Contains(found.Place)),
        ];
    }

    /// <summary>Keys and unique constraints that nothing enforces, so that the rows have to be asked.</summary>
    public IEnumerable<CataloguePart> MissingKeys()
    {
        var expected = _live.IsOurs
            ? PublishedCatalogue.Current.Catalogue.Parts.Where(IsUnique)
            : DocumentedFacts
                .All.Where(fact => fact.Kind is "pk" or "unique")
                .Select(fact =>
                    DocumentedParts.Unique(
                        fact.Schema,
                        fact.Table,
                        DocumentedFacts.ColumnsOf(fact["definition"]),
                        fact["name"]
                    )
                );
        return expected.Where(part => _schemas.ContainsKey(part.Schema) && !IsEnforced(part));
    }

    /// <summary>Foreign keys that documents or this program ask for.</summary>
    public IEnumerable<CataloguePart> References()
    {
        var documented = DocumentedFacts
            .All.Where(fact => fact.Kind == "fk" && fact.Table != "*")
            .Select(fact =>
                DocumentedParts.ForeignKey(fact.Schema, fact.Table, DocumentedFacts.ReferenceOf(fact["definition"])!)
            );
        var published = _live.IsOurs
            ? PublishedCatalogue.Current.Catalogue.Parts.Where(part => part.Kind == PartKind.ForeignKey)
            : [];
        return published
            .Concat(documented)
            .Where(key => _schemas.ContainsKey(key.Schema))
            // What is not known to be enforced is asked about.
            .Select(key => Mending.With(key, Trait.State, "missing"));
    }

    public SchemaReport Report(IReadOnlyList<SchemaFinding> rows, IReadOnlyList<string> notes)
    {
        // Rows first: a constraint comes back only where they keep it.
        var all = rows.Concat(_found).Distinct().ToList();
        var findings = all.Where(finding => Reason(finding) is null).Select(Renamed).ToList();
        return new SchemaReport(
            findings.Count(finding => finding.Severity == Severity.Error),
            findings.Count(finding => finding.Severity == Severity.Warning),
            findings.Count(finding => finding.Severity == Severity.Info),
            _live.Database,
            _live.IsOurs,
            _schemas.Keys.ToDictionary(schema => schema, schema => Summary(schema, all), StringComparer.Ordinal),
            findings,
            notes
        );
    }

    private IEnumerable<SchemaFinding> OursAgainstPublished()
    {
        var compared = new CatalogueComparison(PublishedCatalogue.Current.Catalogue, _live).Compare([
            .. _schemas.Keys,
            .. _schemas.Count == DocumentedFacts.Schemas.Count ? ["access"] : Array.Empty<string>(),
        ]);
        // What time alone breaks is not in what is published.
        var aged = _facts
            .SelectMany(schema => schema)
            .SelectMany(result => result.Findings)
            .Where(finding => s_onlyTimeTells.Contains(finding.Kind, StringComparer.Ordinal));
        return compared.Concat(aged);
    }

    private IEnumerable<SchemaFinding> AgainstDocuments()
    {
        foreach (var schema in _schemas.Keys)
        {
            if (!_live.Schemas.Contains(schema))
                yield return SchemaReviewer.MissingSchema(schema);

            // As their statements run: what others are made of first.
            foreach (
                var finding in _facts[schema]
                    .SelectMany(result => result.Findings)
                    .OrderBy(finding => MadeOf(finding.Kind))
            )
                yield return finding;

            foreach (var extra in Undocumented(schema))
                yield return extra;
        }
    }

    private static int MadeOf(string kind) =>
        kind switch
        {
            "extension.missing" => 0,
            "enum.missing" => 1,
            "table.missing" => 2,
            _ => 3,
        };

    /// <summary>Tables and columns that the document does not know.</summary>
    private IEnumerable<SchemaFinding> Undocumented(string schema)
    {
        var columns = DocumentedFacts
            .All.Where(fact => fact.Schema == schema && fact.Kind is "relation" or "column")
            .ToLookup(fact => fact.Table, fact => fact["column"]);
        foreach (var part in _live.Of(schema).Where(part => part.Kind is PartKind.Table or PartKind.Column))
        {
            var isKnown =
                part.Kind == PartKind.Table
                    ? columns.Contains(part.Table)
                    // Of some tables the document names no columns; a column of an unknown table is part of that.
                    : !columns.Contains(part.Table)
                        || columns[part.Table].Contains("*", StringComparer.Ordinal)
                        || columns[part.Table].Contains(part.Id, StringComparer.Ordinal);
            if (!isKnown)
                yield return new SchemaFinding(
                    Severity.Info,
                    $"{part.Kind}.extra",
                    part.Place,
                    "none",
                    Wording.Of(part),
                    Mending.Drop(part)
                );
        }
    }

    private SchemaSummary Summary(string schema, List<SchemaFinding> all)
    {
        var exceptions = new List<SchemaException>();
        var hold = 0;
        foreach (var result in _facts[schema])
        {
            if (result.Holds)
                hold++;
            else if (result.Findings.Count > 0 && result.Findings.All(finding => Reason(finding) is not null))
                exceptions.Add(
                    new SchemaException(
                        result.Fact.Id,
                        string.Join(
                            ' ',
                            result.Findings.Select(finding => Reason(finding)!).Distinct(StringComparer.Ordinal)
                        )
                    )
                );
        }

        var accepted = all.Where(finding => finding.Place.Split('.')[0] == schema && Reason(finding) is not null)
            .Except(_facts[schema].SelectMany(result => result.Findings))
            .Select(finding => new SchemaException($"{finding.Place} {finding.Kind}", Reason(finding)!))
            .ToList();
        return new SchemaSummary(_facts[schema].Count(), hold, exceptions, accepted, CatalogueCounts.Of(_live, schema));
    }

    private string? Reason(SchemaFinding finding) =>
        _exceptions.FirstOrDefault(exception => exception.Covers(finding))?.Reason;

    /// <summary>Statements are for this database, which may have its own names for schemas.</summary>
    private SchemaFinding Renamed(SchemaFinding finding) =>
        finding.Sql.StartsWith("--", StringComparison.Ordinal)
            ? finding
            : finding with
            {
                Sql = SqlTokens.Rename(
                    finding.Sql,
                    _schemas.Where(pair => pair.Key != pair.Value).ToDictionary(StringComparer.Ordinal)
                ),
            };

    private static IEnumerable<FactResult> NothingOf(string schema) =>
        DocumentedFacts.All.Where(fact => fact.Schema == schema).Select(fact => FactResult.Broken(fact));

    private static bool IsUnique(CataloguePart part) =>
        part.Kind is PartKind.PrimaryKey or PartKind.Unique
        || part.Kind == PartKind.Index && part[Trait.IsUnique].Length > 0;

    private bool IsEnforced(CataloguePart unique) =>
        _live
            .Keys(unique.Schema, unique.Table)
            .Where(IsUnique)
            .Any(key =>
                key.Columns.ToHashSet(StringComparer.Ordinal).IsSubsetOf(unique.Columns)
                && (
                    key[Trait.Predicate].Length == 0
                    || SqlExpression.Canonical(key[Trait.Predicate]) == SqlExpression.Canonical(unique[Trait.Predicate])
                )
            );
}
