using System.Text.RegularExpressions;
using Npgsql;
using SchemaHub.Application.Schema;
using SchemaHub.Infrastructure.Schema;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>
/// A review must be right about databases that are wrong: each break of a copy is found, nothing else is, and what a
/// finding offers mends it.
/// </summary>
public sealed partial class SchemaReviewSpec
{
    private static IEnumerable<SchemaBreak> Breaks() =>
        [
            .. TableBreaks.Tables,
            .. TableBreaks.Columns,
            .. TableBreaks.Enums,
            .. KeyBreaks.Constraints,
            .. KeyBreaks.References,
            .. KeyBreaks.Indexes,
            .. AccessBreaks.Isolation,
            .. AccessBreaks.Rights,
            .. AccessBreaks.Programs,
            .. RowBreaks.Rows,
            .. RowBreaks.Partitions,
        ];

    [Test]
    public async Task An_untouched_database_has_no_findings_and_every_fact_is_accounted_for()
    {
        await using var database = await Database();
        var report = await Review(database);

        Lines(report).ShouldBeEmpty();
        report.Ours.ShouldBeTrue();
        report.Notes.ShouldBeEmpty();
        report.Schemas.Values.Sum(schema => schema.Facts).ShouldBe(117 + 768 + 437);
        foreach (var (name, schema) in report.Schemas)
            (schema.Hold + schema.Exceptions.Count).ShouldBe(schema.Facts, name);
    }

    [Test]
    public void There_are_enough_breaks_and_each_has_a_name_of_its_own()
    {
        Breaks().Count().ShouldBeGreaterThan(60);
        Breaks().Select(some => some.Name).ShouldBeUnique();
    }

    [TestCaseSource(nameof(Breaks))]
    public async Task A_break_is_found_and_nothing_else_and_mended_by_what_the_finding_says(SchemaBreak some)
    {
        await using var database = await Database();
        await Execute(database, some.Sql);

        var report = await Review(database);

        Lines(report).ShouldBe(some.Findings.Order(StringComparer.Ordinal), Difference(report));
        report.Findings.ShouldAllBe(finding => finding.Sql.Length > 0 && finding.Expected != finding.Actual);
        if (!some.IsMended)
            return;

        foreach (var finding in report.Findings)
            await Execute(database, finding.Sql);

        var mended = await Review(database);
        Lines(mended).ShouldBeEmpty(Difference(report) + Difference(mended));
    }

    [Test]
    public async Task A_broken_fact_is_neither_held_nor_an_exception()
    {
        await using var database = await Database();
        await Execute(database, "alter table saas.users alter email drop not null; drop index saas.idx_users_email");

        var saas = (await Review(database)).Schemas["saas"];

        // The column, which is neither required nor indexed any more, and the index.
        (saas.Facts - saas.Hold - saas.Exceptions.Count).ShouldBe(2);
    }

    [Test]
    public async Task A_review_changes_nothing()
    {
        await using var database = await Database();
        await Execute(database, "alter database " + database.Name + " set default_transaction_read_only = on");

        Lines(await Review(database)).ShouldBeEmpty();
    }

    // A partition's name tells the month: what is expected of it ends before.
    private static IEnumerable<string> Lines(SchemaReport report) =>
        report
            .Findings.Select(finding =>
                $"{finding.Severity.ToString().ToLowerInvariant()} {finding.Kind} {finding.Place}"
            )
            .Select(line => PartitionMonth().Replace(line, "_"))
            .Order(StringComparer.Ordinal);

    private static string Difference(SchemaReport report) =>
        string.Join(
            '\n',
            report.Findings.Select(found => $"{found.Place}: {found.Expected} | {found.Actual}\n{found.Sql}")
        );

    private static async Task<TestDatabase> Database()
    {
        var (database, keys) = await TestService.CreateDatabase();
        Directory.Delete(keys, recursive: true);
        return database;
    }

    private static async Task<SchemaReport> Review(TestDatabase database)
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Pooling=false");
        return await new SchemaReview(source, TimeProvider.System).Review([], CancellationToken.None);
    }

    private static async Task Execute(TestDatabase database, string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    [GeneratedRegex(@"_\d{4}_\d{2}.*$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex PartitionMonth();
}
