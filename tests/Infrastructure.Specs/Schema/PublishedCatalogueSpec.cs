using System.Diagnostics;
using SchemaHub.Infrastructure.Schema;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>
/// What the program compares databases with, and what is written from them, is what its migrations make now. Each of
/// these files is generated: the failing spec says how.
/// </summary>
public sealed class PublishedCatalogueSpec
{
    private TestService _service = null!;
    private SchemaReview _review = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _service = await TestService.Create();
        _review = SchemaReview.Of(_service.Installation, TimeProvider.System);
    }

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [Test]
    public async Task The_snapshot_is_what_migrations_make() =>
        (await Committed("src", "Infrastructure", "Schema", "published.tsv")).ShouldBe(
            await _review.Snapshot(CancellationToken.None),
            "Run schemahub schema snapshot in the root of the repository."
        );

    [Test]
    public async Task The_data_dictionary_is_what_migrations_make() =>
        (await Committed("docs", "data-dictionary.md")).ShouldBe(
            await _review.DataDictionary(Empty, CancellationToken.None),
            "Run schemahub schema docs in the root of the repository."
        );

    [Test]
    public async Task The_diagrams_are_what_migrations_make()
    {
        var diagrams = await _review.Diagrams(Empty, CancellationToken.None);
        diagrams.Keys.ShouldBe(SchemaReview.DocumentedSchemas);
        foreach (var (schema, diagram) in diagrams)
            (await Committed("docs", "erd", $"{schema}.md")).ShouldBe(
                diagram,
                "Run schemahub schema erd in the root of the repository."
            );
    }

    [Test]
    public async Task The_service_reviews_itself_and_finds_nothing()
    {
        var report = await _review.Review([], CancellationToken.None);

        report.Findings.ShouldBeEmpty();
        report.Notes.ShouldBeEmpty();
    }

    [Test]
    public async Task All_five_schemas_are_reviewed_within_three_seconds()
    {
        await _review.Review([], CancellationToken.None);
        var watch = Stopwatch.StartNew();
        await _review.Review([], CancellationToken.None);

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(3));
    }

    [Test]
    public void Every_exception_is_of_use()
    {
        var reasons = ReviewExceptions.Ours;
        reasons.ShouldAllBe(exception => exception.Reason.EndsWith('.'));
        reasons.Select(exception => (exception.Kind, exception.Place)).ShouldBeUnique();
    }

    [Test]
    public async Task Every_exception_is_needed()
    {
        var report = await _review.Review([], CancellationToken.None);
        var used = report
            .Schemas.Values.SelectMany(schema => schema.Exceptions.Concat(schema.Accepted))
            .Select(exception => exception.Reason)
            .ToList();

        ReviewExceptions
            .Ours.Where(exception =>
                !used.Exists(reason => reason.Contains(exception.Reason, StringComparison.Ordinal))
            )
            .ShouldBeEmpty("no fact and no finding needs these");
    }

    private static IReadOnlyDictionary<string, string> Empty { get; } = new Dictionary<string, string>();

    private static async Task<string> Committed(params string[] path) =>
        (await File.ReadAllTextAsync(Path.Combine([SchemaDocuments.Root(), .. path]))).ReplaceLineEndings("\n");
}
