using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>
/// The live schema is what its document says, plus what docs/backstage-additions.md lists, and nothing else.
/// </summary>
public sealed class PublishedSchemaSpec
{
    private const string Schema = "backstage";

    private TestService _service = null!;
    private IReadOnlyList<SchemaPart> _live = null!;

    [OneTimeSetUp]
    public async Task ReadTheDatabase()
    {
        _service = await TestService.Create();
        _live = await LiveSchema.Read(_service, Schema);
    }

    [OneTimeTearDown]
    public async Task DropTheDatabase() => await _service.DisposeAsync();

    [Test]
    public void Every_documented_part_of_the_tables_that_exist_is_there_as_documented() =>
        Documented()
            .Except(SchemaDocuments.Exceptions())
            .Except(_live)
            .ShouldBeEmpty("documented, and missing or different in the database");

    [Test]
    public void An_exception_is_a_documented_fact_that_does_not_hold()
    {
        SchemaDocuments.Exceptions().Except(Documented()).ShouldBeEmpty("listed as an exception, and not documented");
        SchemaDocuments.Exceptions().Intersect(_live).ShouldBeEmpty("listed as an exception, and it holds");
    }

    [Test]
    public void Whatever_else_is_there_is_listed() =>
        _live
            .Except(Documented())
            .Except(SchemaDocuments.Additions())
            .ShouldBeEmpty("in the database, and neither documented nor listed in docs/backstage-additions.md");

    [Test]
    public void Whatever_is_listed_is_there() =>
        SchemaDocuments
            .Additions()
            .Except(_live)
            .ShouldBeEmpty("listed in docs/backstage-additions.md, and not in the database");

    [Test]
    public void Nothing_is_listed_that_the_document_says_anyway() =>
        SchemaDocuments.Additions().Intersect(Documented()).ShouldBeEmpty();

    [Test]
    public void Every_column_documented_as_indexed_leads_an_index()
    {
        var leading = LiveSchema.LeadingColumns(_live);
        SchemaDocuments.IndexedColumns(Schema).Where(Exists).Except(leading).ShouldBeEmpty();
    }

    [Test]
    public void The_tables_that_are_not_there_yet_are_listed() =>
        SchemaDocuments
            .Tables(Schema)
            .Except(_live.Select(part => part.Table))
            .ShouldBe(SchemaDocuments.NotYet(), ignoreOrder: true);

    private IEnumerable<SchemaPart> Documented() =>
        SchemaDocuments.Columns(Schema).Concat(SchemaDocuments.Constraints(Schema)).Where(Exists);

    private bool Exists(SchemaPart part) => _live.Any(there => there.Table == part.Table);
}
