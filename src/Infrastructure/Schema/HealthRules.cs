using System.Globalization;
using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>What the saas document looks for, in every schema, as far as the catalogue tells it.</summary>
internal sealed class HealthRules(Catalogue live, TimeProvider clock)
{
    private static readonly HashSet<string> s_deprecated = DocumentedFacts
        .All.Where(fact => fact.Kind == "column" && fact["note"].StartsWith("deprecated", StringComparison.Ordinal))
        .Select(fact => fact.Id)
        .ToHashSet(StringComparer.Ordinal);

    public static SchemaFinding WithoutIndex(CataloguePart key)
    {
        var index = DocumentedParts.Index(key.Schema, key.Table, key.Columns, name: "");
        return new SchemaFinding(
            Severity.Warning,
            "foreign_key.without_index",
            key.Place,
            $"an index on ({string.Join(", ", key.Columns)})",
            $"none for {key.Id}",
            // Another finding may have brought it back already.
            Mending.Create(index).Replace("create index ", "create index if not exists ", StringComparison.Ordinal)
        );
    }

    public IEnumerable<SchemaFinding> Review(string schema)
    {
        foreach (var part in live.Of(schema))
        {
            if (part.Kind == PartKind.ForeignKey && !live.HasIndexFor(schema, part.Table, part.Columns))
                yield return WithoutIndex(part);
            if (part.Kind == PartKind.Column && IsOfTable(part))
                foreach (var found in Column(part))
                    yield return found;
        }

        foreach (var table in live.Tables(schema).Where(table => table[Trait.Is] == "partitioned table"))
        foreach (var found in Partitions(table))
            yield return found;

        foreach (var found in PartitionGrants(schema))
            yield return found;
    }

    private bool IsOfTable(CataloguePart column) =>
        live.Table(column.Schema, column.Table)?[Trait.Is].EndsWith("table", StringComparison.Ordinal) == true;

    private static IEnumerable<SchemaFinding> Column(CataloguePart column)
    {
        if (SqlTypes.IsWithoutTimeZone(column[Trait.Type]))
        {
            var with = column[Trait.Type].Replace("timestamp", "timestamptz", StringComparison.Ordinal);
            yield return new SchemaFinding(
                Severity.Warning,
                "column.without_time_zone",
                column.Place,
                with,
                column[Trait.Type],
                $"alter table {Mending.Qualified(column.Schema, column.Table)} alter column "
                    + $"{SqlTokens.Quoted(column.Id)} type {with} "
                    + $"using {SqlTokens.Quoted(column.Id)} at time zone 'UTC';"
            );
        }

        if (s_deprecated.Contains(column.Place))
            yield return new SchemaFinding(
                Severity.Info,
                "column.deprecated",
                column.Place,
                "none",
                "deprecated",
                Mending.Drop(column)
            );
    }

    /// <summary>Rows of this month and of the next have a place to go to.</summary>
    private IEnumerable<SchemaFinding> Partitions(CataloguePart table)
    {
        // A list or a hash has no times.
        if (!table[Trait.PartitionKey].StartsWith("RANGE", StringComparison.OrdinalIgnoreCase))
            yield break;

        var now = clock.GetUtcNow();
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        foreach (var from in new[] { month, month.AddMonths(1) })
        {
            var at = from == month ? now : from;
            if (PartitionCalendar.Covers(live, table, at))
                continue;

            yield return new SchemaFinding(
                from == month ? Severity.Error : Severity.Warning,
                "partition.missing",
                table.Place,
                $"a partition for {from.ToString("yyyy-MM", CultureInfo.InvariantCulture)}",
                "none",
                MakePartition(table, from)
            );
        }
    }

    // One that makes partitions also isolates them.
    private string MakePartition(CataloguePart table, DateTimeOffset from)
    {
        var first = from.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var next = from.AddMonths(1).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var maker = live.Of(table.Schema, "", PartKind.Function)
            .Any(function => function.Id == "make_partitions(from_month date, to_month date)");
        return maker
            ? $"select {Mending.Qualified(table.Schema, "make_partitions")}(date '{first}', date '{first}');"
            : $"create table {Mending.Qualified(table.Schema, $"{table.Table}_{first[..7].Replace('-', '_')}")} "
                + $"partition of {Mending.Qualified(table.Schema, table.Table)} "
                + $"for values from ('{first}') to ('{next}');";
    }

    /// <summary>Row-level security of the table does not hold for who goes to its partitions.</summary>
    private IEnumerable<SchemaFinding> PartitionGrants(string schema) =>
        from partition in live.Partitions
        where partition.Schema == schema
        from grant in live.Of(partition.PartitionSchema, partition.Name, PartKind.Privilege)
        where grant.Id != "schemahub_writer"
        select new SchemaFinding(
            Severity.Error,
            "partition.privilege",
            $"{grant.Schema}.{grant.Table} {grant.Id}",
            "none",
            Wording.Value(grant[Trait.Privileges]),
            Mending.Drop(grant)
        );
}
