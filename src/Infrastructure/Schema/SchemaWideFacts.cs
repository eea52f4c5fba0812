using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>What documents say in a sentence, about a whole schema or about more than its catalogue holds.</summary>
internal sealed class SchemaWideFacts(Catalogue live, TimeProvider clock)
{
    /// <summary>Null where the fact is one of a table's constraints.</summary>
    public FactResult? Look(DocumentedFact fact) =>
        (fact.Schema, fact.Kind, fact["definition"]) switch
        {
            (_, "extension", _) => Extension(fact),
            (_, "function", _) => Function(fact),
            (_, "hypertable", _) => Hypertable(fact),
            (_, "retention", _) => Retention(fact),
            (_, "continuous_aggregate", _) => IsA(fact, "continuous aggregate"),
            (_, "matview", _) => IsA(fact, "materialized view"),
            (_, "view", _) => IsA(fact, "view"),
            (_, "rls", _) => RowSecurity(fact),
            (_, "policy", _) => Policy(fact),
            ("backstage", "index", "({table}.user_id)") => UserIdIndexes(fact),
            ("backstage", "fk", _) when fact.Table == "*" => UserIdReferences(fact),
            ("podcast", "index", "all foreign key columns")
            or ("smarthub", "index", "foreign key columns \"automatically created\"") => ForeignKeysIndexed(fact),
            ("podcast", "index", "email, slug, status, stage") or ("podcast", "index", "occurred_at, metric_date") =>
                ColumnsIndexed(fact),
            ("podcast", "index", "composite indexes for common query patterns") => CompositeIndexes(fact),
            _ => null,
        };

    private FactResult Extension(DocumentedFact fact) =>
        live.Of("", "", PartKind.Extension).FirstOrDefault(part => part.Id == fact["name"]) is { } there
            ? FactResult.Held(fact, there)
            : Broken(fact, "extension.missing", fact["name"], "installed", "none", $"{fact["definition"]};");

    private FactResult Function(DocumentedFact fact)
    {
        var name = fact["name"];
        // Built in since PostgreSQL 13, and in pgcrypto before.
        if (name == "gen_random_uuid" && live.ServerVersion >= 130_000)
            return FactResult.Held(fact);

        var signature = Signature(fact["definition"]);
        var there = live.Of(fact.Schema, "", PartKind.Function).Where(part => Signature(part.Id) == signature).ToList();
        return there.Count > 0
            ? FactResult.Held(fact, there)
            : Broken(
                fact,
                "function.missing",
                $"{fact.Schema}.{name}",
                fact["definition"],
                "none",
                PublishedCatalogue.Current.Definition(fact.Schema, signature, Signature)
            );
    }

    // Types alone: a parameter may have any name.
    private static string Signature(string call)
    {
        var open = call.IndexOf('(', StringComparison.Ordinal);
        var types = call[(open + 1)..^1].Split(',', StringSplitOptions.TrimEntries).Select(p => p.Split(' ')[^1]);
        return $"{call[..open]}({string.Join(", ", types)})";
    }

    private FactResult Hypertable(DocumentedFact fact)
    {
        var table = live.Table(fact.Schema, fact.Table)!;
        var key = table[Trait.PartitionKey];
        var actual =
            key.Length == 0 ? table[Trait.Is] : $"{key.ToLowerInvariant()}, {PartitionCalendar.StepOf(live, table)}";
        return actual.Contains("hypertable", StringComparison.Ordinal)
            ? FactResult.Held(fact, table)
            : Broken(fact, "table.partitioning", table.Place, fact["definition"], actual, Mending.Note("partition it"));
    }

    /// <summary>Nothing is older than its time, give or take the partition that its end falls into.</summary>
    private FactResult Retention(DocumentedFact fact)
    {
        var table = live.Table(fact.Schema, fact.Table)!;
        var oldest = PartitionCalendar.Oldest(live, table);
        var limit = clock.GetUtcNow().AddYears(-2);
        return oldest is { } end && end >= limit.AddMonths(-1)
            ? FactResult.Held(fact, table)
            : Broken(
                fact,
                "table.retention",
                table.Place,
                fact["definition"],
                oldest is null ? "no partitions to drop" : $"rows until {oldest:yyyy-MM-dd}",
                Mending.Note("drop the partitions that are older")
            );
    }

    private FactResult IsA(DocumentedFact fact, string expected)
    {
        var there = live.Table(fact.Schema, fact.Table)!;
        return there[Trait.Is] == expected
            ? FactResult.Held(fact, there)
            : Broken(fact, "table.kind", there.Place, expected, there[Trait.Is], Mending.Note($"make it a {expected}"));
    }

    private FactResult RowSecurity(DocumentedFact fact)
    {
        var tables = fact.Table == "*" ? TenantTables(fact.Schema) : [live.Table(fact.Schema, fact.Table)];
        var off = tables
            .OfType<CataloguePart>()
            .Where(table => table[Trait.Is].EndsWith("table", StringComparison.Ordinal))
            .Where(table => table[Trait.RowSecurity] is not ("forced" or "enabled"));
        var findings = off.Select(table => new SchemaFinding(
                Severity.Error,
                "table.row_level_security",
                table.Place,
                "enabled",
                table[Trait.RowSecurity],
                Mending.RowSecurity(table, "enabled")
            ))
            .ToList();
        return findings.Count == 0 ? FactResult.Held(fact, tables) : FactResult.Broken(fact, findings);
    }

    private FactResult Policy(DocumentedFact fact)
    {
        var tables = (fact.Table == "*" ? TenantTables(fact.Schema) : [live.Table(fact.Schema, fact.Table)])
            .OfType<CataloguePart>()
            .Where(table => table[Trait.Is].EndsWith("table", StringComparison.Ordinal))
            .ToList();
        var name = fact["name"];
        var named = tables
            .Select(table =>
                live.Of(table.Schema, table.Table, PartKind.Policy).FirstOrDefault(part => IsMeant(part, name))
            )
            .ToList();
        var without = named.Count(policy => policy is null);
        if (without > 0)
            return Broken(
                fact,
                "policy.missing",
                fact.Table == "*" ? fact.Schema : $"{fact.Schema}.{fact.Table}",
                $"{name} {fact["definition"]}".Trim(),
                fact.Table == "*" ? $"{without} tables have none of this name" : "none",
                Mending.Note("create the policy on each table")
            );

        return Statement(fact["definition"]) is { } condition && named is [{ } only] && !Says(only, condition)
            ? Broken(
                fact,
                "policy.definition",
                only.Place,
                $"{name} {fact["definition"]}",
                $"for {only[Trait.Command]} to {only[Trait.Roles]} using {only[Trait.Using]}",
                $"drop policy {SqlTokens.Quoted(name)} on {Mending.Qualified(only.Schema, only.Table)};\n"
                    + $"create policy {SqlTokens.Quoted(name)} on {Mending.Qualified(only.Schema, only.Table)} "
                    + $"{fact["definition"]};"
            )
            : FactResult.Held(fact, named);
    }

    private static bool IsMeant(CataloguePart policy, string name) =>
        name.Length > 0 ? policy.Id == name : policy[Trait.Using] == "true";

    /// <summary>The condition of <c>for select using (…)</c>; null for prose.</summary>
    private static string? Statement(string definition) =>
        definition.StartsWith("for select using ", StringComparison.Ordinal)
            ? definition["for select using ".Length..]
            : null;

    private static bool Says(CataloguePart policy, string condition) =>
        policy[Trait.Command] == "select"
        && policy[Trait.Roles] == "public"
        && SqlExpression.Canonical(policy[Trait.Using]) == SqlExpression.Canonical(condition);

    private FactResult UserIdIndexes(DocumentedFact fact) =>
        All(
            fact,
            from table in TablesWith(fact.Schema, "user_id")
            where
                !live.Of(fact.Schema, table)
                    .Any(part =>
                        part.Kind is PartKind.Index or CatalogueRows.IndexOfConstraint
                        && part.Name == $"idx_{table}_user_id"
                        && part.Columns is ["user_id"]
                    )
            select ConstraintFacts.MissingIndex(fact.Schema, table, ["user_id"], $"idx_{table}_user_id")
        );

    /// <summary>The template for new tables.</summary>
    private FactResult UserIdReferences(DocumentedFact fact) =>
        All(
            fact,
            from table in TablesWith(fact.Schema, "user_id")
            from key in live.Of(fact.Schema, table, PartKind.ForeignKey)
            where key.Columns is ["user_id"] && key[Trait.OnDelete] != "cascade"
            select new SchemaFinding(
                Severity.Error,
                "foreign_key.on_delete",
                key.Place,
                $"{key.Id} on delete cascade",
                key[Trait.OnDelete],
                Mending.Replace(key, Mending.With(key, Trait.OnDelete, "cascade"))
            )
        );

    private FactResult ForeignKeysIndexed(DocumentedFact fact) =>
        All(
            fact,
            from key in live.Of(fact.Schema)
            where key.Kind == PartKind.ForeignKey && !live.HasIndexFor(key.Schema, key.Table, key.Columns)
            select HealthRules.WithoutIndex(key)
        );

    private FactResult ColumnsIndexed(DocumentedFact fact) =>
        All(
            fact,
            from name in DocumentedFacts.ColumnsOf(fact["definition"])
            from table in TablesWith(fact.Schema, name)
            where !live.IsIndexed(fact.Schema, table, name)
            select ConstraintFacts.MissingIndex(fact.Schema, table, [name], name: "")
        );

    private FactResult CompositeIndexes(DocumentedFact fact)
    {
        var composite = live.Of(fact.Schema)
            .Where(part => part.Kind == PartKind.Index && part.Columns.Count > 1)
            .ToList();
        return composite.Count > 0
            ? FactResult.Held(fact, composite)
            : Broken(
                fact,
                "index.missing",
                fact.Schema,
                fact["definition"],
                "none",
                Mending.Note("index what is asked for")
            );
    }

    /// <summary>Tables of the document that have the column, by its own list, and are there.</summary>
    private IEnumerable<string> TablesWith(string schema, string column) =>
        from other in DocumentedFacts.All
        where other.Kind == "column" && other.Schema == schema && other["column"] == column
        where live.Column(schema, other.Table, column) is not null
        where live.Table(schema, other.Table)![Trait.Is].EndsWith("table", StringComparison.Ordinal)
        select other.Table;

    private IEnumerable<CataloguePart?> TenantTables(string schema) =>
        TablesWith(schema, "tenant_id").Select(table => live.Table(schema, table));

    private static FactResult All(DocumentedFact fact, IEnumerable<SchemaFinding> findings)
    {
        var list = findings.ToList();
        return list.Count == 0 ? FactResult.Held(fact) : FactResult.Broken(fact, list);
    }

    private static FactResult Broken(
        DocumentedFact fact,
        string kind,
        string place,
        string expected,
        string actual,
        string sql
    ) => FactResult.Broken(fact, new SchemaFinding(Severity.Error, kind, place, expected, actual, sql));
}
