using SchemaHub.Application.Records;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Records;

/// <summary>No published table is forgotten.</summary>
public sealed class TableListSpec
{
    [Test]
    public async Task Every_table_and_view_of_the_database_is_on_the_list_once()
    {
        await using var service = await TestService.Create();
        var live = await service.Rows(
            """
            (
                select c.oid::regclass::text as name
                from pg_class c
                where c.relnamespace::regnamespace::text in ('backstage', 'saas', 'snorq', 'podcast', 'smarthub')
                    and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
            )
            """
        );

        TableList.All.Select(table => table.Name).ShouldBe(live.Select(row => row.Trim('(', ')')), ignoreOrder: true);
    }

    [Test]
    public void What_the_log_fills_is_listed_as_that()
    {
        var filled = Projections
            .All.SelectMany(projection => projection.Tables.Select(table => $"{projection.Schema}.{table.Name}"))
            .Where(table => table.Split('.')[0] is not ("access" or "sending"));

        TableList
            .All.Where(table => table.Kind is TableKind.Record or TableKind.Projection)
            .Select(table => table.Name)
            .ShouldBe(filled, ignoreOrder: true);
    }

    [Test]
    [Category("Docs")]
    public void The_page_is_up_to_date()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SchemaHub.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above holds SchemaHub.sln.");

        var page = Path.Combine(folder.FullName, "docs", "tables.md");
        if (Environment.GetEnvironmentVariable("SCHEMAHUB_WRITE_DOCS") is { Length: > 0 })
            File.WriteAllText(page, TableList.ToMarkdown());

        File.ReadAllText(page).ShouldBe(TableList.ToMarkdown(), "Run this spec with SCHEMAHUB_WRITE_DOCS=1.");
    }
}
