using Npgsql;
using SchemaHub.Application.Schema;
using SchemaHub.Infrastructure.Schema;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>
/// A schema with nothing in it: the statements that a review prints make it, run as they are printed.
/// </summary>
public sealed class EmptySchemaSpec
{
    private static readonly string[] s_made = ["table", "column", "enum", "primary_key", "unique", "foreign_key"];

    private TestDatabase _database = null!;

    private static IEnumerable<string> Schemas => SchemaReview.DocumentedSchemas;

    [OneTimeSetUp]
    public async Task MakeEmptySchemas()
    {
        _database = await TestDatabase.Create();
        await Execute(string.Join('\n', Schemas.Select(schema => $"create schema x_{schema};")));
    }

    [OneTimeTearDown]
    public async Task DropTheDatabase() => await _database.DisposeAsync();

    [TestCaseSource(nameof(Schemas))]
    public async Task The_statements_run_in_the_order_in_which_they_are_printed(string schema)
    {
        var before = await Review(schema);
        before.Findings.ShouldContain(finding => finding.Kind == "table.missing");
        await Execute(Script(before));

        var after = await Review(schema);
        after
            .Findings.Where(finding => !finding.Sql.StartsWith("--", StringComparison.Ordinal))
            .Where(finding => s_made.Any(made => finding.Kind == $"{made}.missing"))
            .Select(finding => $"{finding.Kind} {finding.Place}")
            .ShouldBeEmpty();
        // What could be looked at only once the tables are there.
        await Execute(Script(after));
    }

    private static string Script(SchemaReport report) =>
        string.Join(
            '\n',
            report.Findings.Where(finding => finding.Severity == Severity.Error).Select(finding => finding.Sql)
        );

    private async Task<SchemaReport> Review(string schema)
    {
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString + ";Pooling=false");
        return await new SchemaReview(source, TimeProvider.System).Review(
            new Dictionary<string, string>(StringComparer.Ordinal) { [schema] = $"x_{schema}" },
            exceptions: null,
            CancellationToken.None
        );
    }

    private async Task Execute(string sql)
    {
        if (sql.Length == 0)
            return;

        await using var source = NpgsqlDataSource.Create(_database.ConnectionString + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
