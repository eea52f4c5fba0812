using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>What became of a documented fact.</summary>
/// <param name="Findings">None where the fact is about a table that is not there: that is a finding of its own.</param>
/// <param name="Witnesses">The parts that it is about.</param>
internal sealed record FactResult(
    DocumentedFact Fact,
    bool Holds,
    IReadOnlyList<SchemaFinding> Findings,
    IReadOnlyList<CataloguePart> Witnesses
)
{
    public static FactResult Held(DocumentedFact fact, params IEnumerable<CataloguePart?> witnesses) =>
        new(fact, Holds: true, [], [.. witnesses.OfType<CataloguePart>()]);

    public static FactResult Broken(DocumentedFact fact, params IEnumerable<SchemaFinding> findings) =>
        new(fact, Holds: false, [.. findings], []);
}

/// <summary>Compares a database with the facts of the documents: what they say, and nothing else.</summary>
internal sealed class FactReview
{
    private static readonly ILookup<(string, string), DocumentedFact> s_constraints = DocumentedFacts
        .All.Where(fact => fact.Kind is not ("relation" or "column"))
        .ToLookup(fact => (fact.Schema, fact.Table));

    private readonly Catalogue _live;
    private readonly ConstraintFacts _constraints;
    private readonly SchemaWideFacts _wide;

    public FactReview(Catalogue live, TimeProvider clock)
    {
        _live = live;
        _constraints = new ConstraintFacts(live);
        _wide = new SchemaWideFacts(live, clock);
    }

    /// <summary>Looks at every fact of a schema.</summary>
    public IEnumerable<FactResult> Review(string schema)
    {
        var missing = new MissingTables(_live, schema);
        return DocumentedFacts
            .All.Where(fact => fact.Schema == schema)
            // The statements that make tables run in this order; what is there keeps its own.
            .OrderBy(fact => fact.Kind == "relation" ? missing.PlaceOf(fact.Table) : -1)
            .Select(fact => Look(fact, missing));
    }

    private FactResult Look(DocumentedFact fact, MissingTables missing) =>
        fact.Kind switch
        {
            "relation" => Relation(fact, missing),
            "column" => Column(fact),
            _ => Constraint(fact),
        };

    private FactResult Constraint(DocumentedFact fact)
    {
        if (fact.Table != "*" && _live.Table(fact.Schema, fact.Table) is null)
            return FactResult.Broken(fact);

        return _wide.Look(fact) ?? _constraints.Look(fact);
    }

    private FactResult Relation(DocumentedFact fact, MissingTables missing) =>
        _live.Table(fact.Schema, fact.Table) is { } there
            ? FactResult.Held(fact, there)
            : FactResult.Broken(
                fact,
                new SchemaFinding(
                    Severity.Error,
                    "table.missing",
                    $"{fact.Schema}.{fact.Table}",
                    "a table or view",
                    "none",
                    missing.StatementOf(fact.Table)
                )
            );

    private FactResult Column(DocumentedFact fact)
    {
        if (_live.Table(fact.Schema, fact.Table) is null)
            return FactResult.Broken(fact);
        if (_live.Column(fact.Schema, fact.Table, fact["column"]) is not { } column)
            return FactResult.Broken(fact, MissingColumn(fact));

        var findings = new List<SchemaFinding>();
        findings.AddRange(Type(fact, column));
        findings.AddRange(Nullability(fact, column));
        findings.AddRange(Default(fact, column));
        var its = s_constraints[(fact.Schema, fact.Table)].Where(other => Concerns(other, fact["column"])).ToList();
        findings.AddRange(its.SelectMany(other => _constraints.Look(other).Findings));
        if (fact["indexed"].StartsWith("yes", StringComparison.Ordinal) && !its.Exists(other => other.Kind == "index"))
            findings.AddRange(Indexed(fact));

        return findings.Count == 0 ? FactResult.Held(fact, column) : FactResult.Broken(fact, findings);
    }

    private static SchemaFinding MissingColumn(DocumentedFact fact)
    {
        var part = DocumentedParts.Column(fact);
        return new SchemaFinding(
            Severity.Error,
            "column.missing",
            part.Place,
            Wording.Of(part),
            "none",
            Mending.Create(part)
        );
    }

    private IEnumerable<SchemaFinding> Type(DocumentedFact fact, CataloguePart column)
    {
        var (documented, actual) = (fact["type"], column[Trait.Type]);
        var expected = documented switch
        {
            "" => actual,
            CatalogueRows.Serial => "integer",
            "enum:(unnamed)" => EnumOf(fact.Schema, actual) is null ? "an enum" : actual,
            _ when documented.StartsWith("enum:", StringComparison.Ordinal) =>
                $"{fact.Schema}.{SqlTokens.Quoted(documented["enum:".Length..])}",
            _ => documented,
        };
        if (!SqlTypes.Fits(expected, actual))
            yield return Differs("column.type", column, expected, actual, DocumentedParts.TypeOf(fact));
    }

    private CataloguePart? EnumOf(string schema, string type) =>
        _live.Of(schema, "", PartKind.Enum).FirstOrDefault(part => $"{schema}.{SqlTokens.Quoted(part.Id)}" == type);

    private static IEnumerable<SchemaFinding> Nullability(DocumentedFact fact, CataloguePart column)
    {
        var expected = fact["nullable"] switch
        {
            "no" => CatalogueRows.NotNull,
            "yes" => CatalogueRows.Nullable,
            _ => column[Trait.Nullability],
        };
        if (expected != column[Trait.Nullability])
            yield return Differs("column.nullability", column, expected, column[Trait.Nullability], expected);
    }

    private static IEnumerable<SchemaFinding> Default(DocumentedFact fact, CataloguePart column)
    {
        var expected = fact["type"] == CatalogueRows.Serial ? CatalogueRows.Serial : fact["default"];
        var actual = column[Trait.Default];
        var isMade =
            expected == CatalogueRows.Serial && column[Trait.Generated].EndsWith("identity", StringComparison.Ordinal);
        // A client may make the id, and then the database need not.
        var byClient = actual.Length == 0 && fact["note"].Contains("no DB default", StringComparison.Ordinal);
        if (
            expected.Length > 0
            && !isMade
            && !byClient
            && SqlExpression.Canonical(expected) != SqlExpression.Canonical(actual)
        )
            yield return Differs("column.default", column, expected, actual.Length == 0 ? "none" : actual, expected);
    }

    private static SchemaFinding Differs(
        string kind,
        CataloguePart column,
        string expected,
        string actual,
        string value
    ) =>
        new(
            Severity.Error,
            kind,
            column.Place,
            expected,
            actual,
            Mending.AlterColumn(column, kind["column.".Length..], value)
        );

    /// <summary>A column that is flagged as indexed is one of an index's columns.</summary>
    private IEnumerable<SchemaFinding> Indexed(DocumentedFact fact)
    {
        if (!_live.IsIndexed(fact.Schema, fact.Table, fact["column"]))
            yield return ConstraintFacts.MissingIndex(fact.Schema, fact.Table, [fact["column"]], name: "");
    }

    /// <summary>Whether a constraint makes the column what its own line says: a key, a reference, indexed.</summary>
    private static bool Concerns(DocumentedFact constraint, string column) =>
        constraint.Kind is "pk" or "unique" or "index"
            ? DocumentedFacts
                .ColumnsOf(constraint["definition"])
                .Select(Catalogue.WithoutOrder)
                .Contains(column, StringComparer.Ordinal)
            : constraint.Kind == "fk"
                && DocumentedFacts.ReferenceOf(constraint["definition"]) is { } reference
                && reference.Columns.Contains(column, StringComparer.Ordinal);
}
