using SchemaHub.Infrastructure.Compliance;
using SchemaHub.Infrastructure.Specs.Security;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Compliance;

/// <summary>No column is forgotten: each says what it holds of persons, and what becomes of that.</summary>
public sealed class PersonalDataSpec
{
    // Hangfire's own tables are left out: of the commands that they hold, none names a person but by an id.
    private const string Live = $"""
        select format('%s.%s', c.oid::regclass, a.attname)
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
            and c.relnamespace::regnamespace::text in {Relation.Schemas}
            and c.relnamespace <> 'hangfire'::regnamespace
        """;

    [Test]
    public async Task Every_column_is_classified_and_every_classified_one_is_there()
    {
        await using var service = await TestService.Create();
        var live = await service.Texts(Live);
        var classified = PersonalData.Columns.Select(column => $"{column.Table}.{column.Column}").ToList();

        live.Except(classified)
            .Order()
            .ShouldBeEmpty("Say in src/Infrastructure/Compliance/personal-data.tsv what the column holds of persons.");
        classified
            .Except(live)
            .ShouldBeEmpty("Take it out of src/Infrastructure/Compliance/personal-data.tsv: it is not there any more.");
        classified.ShouldBeUnique();
    }

    [Test]
    public void A_classification_is_whole_or_says_that_there_is_nothing_personal()
    {
        var broken = PersonalData.Columns.Where(column =>
            column.IsPersonal
                ? !PersonalData.Origins.ContainsKey(column.Origin) || !PersonalData.Fates.ContainsKey(column.AtErasure)
                : column is not { Origin: "-", AtErasure: "-" }
        );

        broken.ShouldBeEmpty();
    }

    [Test]
    public void What_stays_says_why() =>
        PersonalData
            .Columns.Where(column => column.AtErasure is "kept" or "retention" or "record" && column.Why.Length < 20)
            .ShouldBeEmpty();

    [Test]
    public void Whoever_has_rows_in_a_table_is_found_there_or_it_is_said_that_nobody_looks()
    {
        var needed = PersonalData
            .Columns.SelectMany(column => column.Whose.Select(whose => (column.Table, whose)))
            .Distinct();

        PersonalData
            .Links.Select(link => (link.Table, link.Whose))
            .ShouldBe(needed, ignoreOrder: true, "Write the line into personal-links.tsv, or take it out.");
    }

    [Test]
    public async Task Rows_are_found_by_conditions_that_the_database_understands()
    {
        await using var service = await TestService.Create();
        foreach (var link in PersonalData.Links.Where(link => link.Condition is not null))
        {
            var condition = link.Condition!.Replace("{id}", $"'{Guid.Empty}'::uuid", StringComparison.Ordinal)
                .Replace("{number}", "0", StringComparison.Ordinal)
                .Replace("{cuid}", "'c'", StringComparison.Ordinal)
                .Replace("{organizations}", "array[]::uuid[]", StringComparison.Ordinal)
                .Replace("{email}", "'nobody@example.com'", StringComparison.Ordinal);

            (await service.Scalar<long>($"select count(*) from {link.Table} t where {condition}")).ShouldBe(0);
        }
    }

    [Test]
    public async Task No_secret_of_a_person_gets_into_an_archive()
    {
        await using var service = await TestService.Create();
        var hashes = (await service.Texts(Live)).Where(column =>
            column.Split('.')[^1]
                is "password_hash"
                    or "hashed_password"
                    or "token_hash"
                    or "key_hash"
                    or "session_token"
        );
        var secret = PersonalData
            .Columns.Where(column => column.Origin == "secret")
            .Select(column => $"{column.Table}.{column.Column}");

        hashes.Except(secret).ShouldBeEmpty("Its origin is secret, and so it is in no archive.");
    }

    [Test]
    [Category("Docs")]
    public void The_page_is_up_to_date()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "SchemaHub.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("No folder above holds SchemaHub.sln.");

        var page = Path.Combine(folder.FullName, "docs", "personal-data.md");
        if (Environment.GetEnvironmentVariable("SCHEMAHUB_WRITE_DOCS") is { Length: > 0 })
            File.WriteAllText(page, PersonalData.ToMarkdown());

        File.ReadAllText(page).ShouldBe(PersonalData.ToMarkdown(), "Run this spec with SCHEMAHUB_WRITE_DOCS=1.");
    }
}
