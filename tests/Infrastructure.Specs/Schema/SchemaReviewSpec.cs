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

    private TestDatabase _database = null!;
    private NpgsqlConnection _connection = null!;
    private NpgsqlTransaction _transaction = null!;

    [OneTimeSetUp]
    public async Task MakeTheDatabase()
    {
        (_database, var keys) = await TestService.CreateDatabase();
        Directory.Delete(keys, recursive: true);
    }

    [OneTimeTearDown]
    public async Task DropTheDatabase() => await _database.DisposeAsync();

    /// <summary>Every break is taken back with its transaction.</summary>
    [SetUp]
    public async Task Begin()
    {
        _connection = new NpgsqlConnection(_database.ConnectionString + ";Pooling=false");
        await _connection.OpenAsync();
        _transaction = await _connection.BeginTransactionAsync();
    }

    [TearDown]
    public async Task TakeBack()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    [Test]
    public async Task An_untouched_database_has_no_findings_and_every_fact_is_accounted_for()
    {
        var report = await Review();

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
        await Execute(some.Sql);

        var report = await ReviewAndGoOn();

        Lines(report).ShouldBe(some.Findings.Order(StringComparer.Ordinal), Difference(report));
        report.Findings.ShouldAllBe(finding => finding.Sql.Length > 0 && finding.Expected != finding.Actual);
        if (!some.IsMended)
            return;

        foreach (var finding in report.Findings)
            await Execute(finding.Sql);

        var mended = await Review();
        Lines(mended).ShouldBeEmpty(Difference(report) + Difference(mended));
    }

    [Test]
    public async Task A_broken_fact_is_neither_held_nor_an_exception()
    {
        await Execute("alter table saas.users alter email drop not null; drop index saas.idx_users_email");

        var saas = (await Review()).Schemas["saas"];

        // The column, which is neither required nor indexed any more, and the index.
        (saas.Facts - saas.Hold - saas.Exceptions.Count).ShouldBe(2);
    }

    [Test]
    public async Task A_review_cannot_change_anything()
    {
        await Review();

        await Should.ThrowAsync<PostgresException>(() => Execute("create table saas.leftover (id integer)"));
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

    private Task<SchemaReport> Review() =>
        new SchemaReviewer(TimeProvider.System).ReviewInTransaction(
            _connection,
            new ReviewRequest(new Dictionary<string, string>(), []),
            CancellationToken.None
        );

    private async Task<SchemaReport> ReviewAndGoOn()
    {
        await _transaction.SaveAsync("before");
        var report = await Review();
        await _transaction.RollbackAsync("before");
        return report;
    }

    private async Task Execute(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection, _transaction);
        await command.ExecuteNonQueryAsync();
    }

    [GeneratedRegex(@"_\d{4}_\d{2}.*$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex PartitionMonth();
}
