using Npgsql;
using SchemaHub.Application.Schema;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>Asks the rows, as far as the login may see them.</summary>
internal sealed class DataReview(Catalogue live, IReadOnlyDictionary<string, string> schemas)
{
    /// <summary>A table with more rows is searched only for what PostgreSQL itself does not enforce.</summary>
    private const long MostRowsToTrust = 1_000_000;

    private readonly List<string> _notes = [];

    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Asks everything that can be asked.</summary>
    /// <param name="missing">Documented or published keys and unique constraints that are not there.</param>
    /// <param name="references">Foreign keys that should be there, whether they are or not.</param>
    public async Task<IReadOnlyList<SchemaFinding>> Ask(
        NpgsqlConnection connection,
        IEnumerable<CataloguePart> missing,
        IEnumerable<CataloguePart> references,
        CancellationToken cancellation
    )
    {
        var questions = missing
            .DistinctBy(part => (part.Schema, part.Table, part[Trait.Columns], part[Trait.Predicate]))
            .Select(DataQuestions.Duplicates)
            .Concat(References(references).Select(key => DataQuestions.Orphans(key, live)))
            .Concat(schemas.ContainsKey("saas") ? DataQuestions.OfSaas() : [])
            .Where(CanBeAsked)
            .ToList();
        if (questions.Count == 0)
            return [];

        await using var batch = new NpgsqlBatch(connection);
        foreach (var question in questions)
            batch.BatchCommands.Add(new NpgsqlBatchCommand(SqlTokens.Rename(question.Sql, schemas)));

        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var findings = new List<SchemaFinding>();
        foreach (var question in questions)
        {
            await reader.ReadAsync(cancellation);
            var count = reader.GetInt64(0);
            if (question.IsFault(count))
                findings.Add(question.Finding(count));

            await reader.NextResultAsync(cancellation);
        }

        return findings;
    }

    /// <summary>Every reference once, and of the big tables those that nothing enforces.</summary>
    private IEnumerable<CataloguePart> References(IEnumerable<CataloguePart> expected)
    {
        var there = live
            .Parts.Where(part => part.Kind == PartKind.ForeignKey && schemas.ContainsKey(part.Schema))
            .ToList();
        var all = there
            .Concat(expected)
            .DistinctBy(key => (key.Schema, key.Table, key.Id))
            // One that is there with other columns beside it says the same and more.
            .Where(key => there.Contains(key) || !there.Exists(other => Includes(other, key)));
        var trusted = 0;
        foreach (var key in all)
        {
            var isEnforced = there.Contains(key) && key[Trait.State] == CatalogueReader.Valid;
            if (isEnforced && live.Access.GetValueOrDefault((key.Schema, key.Table))?.Rows > MostRowsToTrust)
                trusted++;
            else
                yield return key;
        }

        if (trusted > 0)
            _notes.Add(
                $"{trusted} foreign keys of tables with more than {MostRowsToTrust:N0} rows were not searched for "
                    + "orphans: PostgreSQL enforces them."
            );
    }

    private static bool Includes(CataloguePart other, CataloguePart key) =>
        other.Schema == key.Schema
        && other.Table == key.Table
        && other[Trait.Target] == key[Trait.Target]
        && key.Columns.All(column => other.Columns.Contains(column, StringComparer.Ordinal));

    private bool CanBeAsked(DataQuestion question)
    {
        foreach (var (schema, table, column) in question.Tables)
        {
            // What is not there was found already.
            var isThere = column.Length == 0 || live.Column(schema, table, column) is not null;
            if (!isThere || live.Access.GetValueOrDefault((schema, table)) is not { } access)
                return false;
            if (!access.IsReadable || live.Unreadable.Contains((schema, table, column)))
                return Note($"The rows of {schema}.{table} were not looked at: this login may not read {column}.");
            if (access.HidesRows)
                return Note(
                    $"The rows of {schema}.{table} were not looked at: row-level security hides some from this login."
                );
        }

        return true;
    }

    private bool Note(string text)
    {
        if (!_notes.Contains(text, StringComparer.Ordinal))
            _notes.Add(text);

        return false;
    }
}
