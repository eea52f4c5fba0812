using Npgsql;
using SchemaHub.Application.Schema;
using SchemaHub.Infrastructure.Schema;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Schema;

/// <summary>Somebody's production database, with the tables of saas in public, as its document has it.</summary>
public sealed class ForeignDatabaseSpec
{
    private static readonly Dictionary<string, string> InPublic = new(StringComparer.Ordinal) { ["saas"] = "public" };

    private TestDatabase _database = null!;

    /// <summary>What is wrong with every database that was made after the document, by what it says itself.</summary>
    private static readonly string[] s_always =
    [
        "Info column.deprecated saas.users.theme_preference",
        "Warning foreign_key.without_index saas.subscriptions.plan_id",
    ];

    [SetUp]
    public async Task MakeTheDatabaseAfterTheDocument()
    {
        await TestDatabase.CreateTemplate("saas_in_public", Fill);
        _database = await TestDatabase.Create("saas_in_public");
    }

    [TearDown]
    public async Task DropTheDatabase() => await _database.DisposeAsync();

    [Test]
    public async Task A_database_made_after_the_document_has_what_the_document_finds_in_itself()
    {
        var report = await Review();

        Lines(report).ShouldBe(s_always, ignoreOrder: true);
        report.Ours.ShouldBeFalse();
        report.Schemas.Keys.ShouldBe(["saas"]);
        report.Schemas["saas"].Hold.ShouldBe(report.Schemas["saas"].Facts);
        report.Schemas["saas"].Counts.Tables.ShouldBe(17);
    }

    [TestCase("drop table files", "Error table.missing saas.files")]
    [TestCase("alter table files drop mime_type", "Error column.missing saas.files.mime_type")]
    [TestCase("alter table files alter filename type text", "Error column.type saas.files.filename")]
    [TestCase("alter table files alter filename drop not null", "Error column.nullability saas.files.filename")]
    [TestCase("alter table files alter is_public drop default", "Error column.default saas.files.is_public")]
    [TestCase("alter table files add checksum text", "Info column.extra saas.files.checksum")]
    [TestCase("create table alembic_version (version_num text)", "Info table.extra saas.alembic_version")]
    [TestCase("alter table files drop constraint files_pkey", "Error primary_key.missing saas.files.id")]
    [TestCase("alter table teams drop constraint teams_slug_key", "Error unique.missing saas.teams.slug")]
    [TestCase(
        "alter table user_roles rename constraint idx_user_roles_unique to pairs",
        "Warning unique.name saas.user_roles"
    )]
    [TestCase("drop index idx_files_is_public", "Error index.missing saas.files.is_public")]
    [TestCase("alter index idx_files_is_public rename to ix_files", "Warning index.name saas.files.is_public")]
    [TestCase("alter type plan_interval rename value 'week' to 'weekly'", "Error enum.values saas.plan_interval")]
    [TestCase("alter table files drop constraint files_user_id_fkey", "Error foreign_key.missing saas.files.user_id")]
    [TestCase(
        """
            alter table api_keys drop constraint api_keys_user_id_fkey;
            alter table api_keys add foreign key (user_id) references users
            """,
        "Error foreign_key.on_delete saas.api_keys.user_id"
    )]
    [TestCase(
        "alter table files alter created_at type timestamp",
        "Error column.type saas.files.created_at",
        "Warning column.without_time_zone saas.files.created_at"
    )]
    [TestCase(
        "drop index idx_files_user_id",
        "Error index.missing saas.files.user_id",
        "Warning foreign_key.without_index saas.files.user_id"
    )]
    [TestCase(
        "drop index idx_files_user_id; create index idx_files_user_id on files (mime_type, user_id)",
        "Error index.columns saas.files",
        "Warning foreign_key.without_index saas.files.user_id"
    )]
    [TestCase(
        """
            alter table invitations drop constraint invitations_team_id_fkey;
            insert into users (id, email, hashed_password, created_at, updated_at) values (1, 'a', '!', now(), now());
            insert into roles (id, name, slug, is_system, created_at, updated_at)
            values (1, 'a', 'admin', true, now(), now()), (2, 'b', 'superadmin', true, now(), now());
            insert into invitations (id, email, token, team_id, invited_by_id, expires_at, created_at, updated_at)
            values (1, 'b', 'c', 99, 1, now(), now(), now())
            """,
        "Error foreign_key.missing saas.invitations.team_id",
        "Error data.orphans saas.invitations.team_id"
    )]
    public async Task What_differs_from_the_document_is_found_and_mended_under_its_own_names(
        string sql,
        params string[] findings
    )
    {
        await Execute(sql);

        var report = await Review();
        Lines(report).ShouldBe([.. findings, .. s_always], ignoreOrder: true);

        foreach (var finding in report.Findings.Where(finding => !s_always.Contains(Line(finding))))
            await Execute(finding.Sql);
        Lines(await Review()).ShouldBe(s_always, ignoreOrder: true);
    }

    [Test]
    public async Task A_login_that_may_read_nothing_still_sees_the_schema_and_is_told_what_was_left_out()
    {
        var login = $"{_database.Name}_login";
        await Execute($"create role {login} login password 'x'");
        try
        {
            await Execute($"grant select on users to {login}; drop index idx_files_is_public");
            var address = new NpgsqlConnectionStringBuilder(_database.ConnectionString)
            {
                Username = login,
                Password = "x",
            };

            var report = await Review(address.ConnectionString);

            Lines(report).ShouldBe(["Error index.missing saas.files.is_public", .. s_always], ignoreOrder: true);
            report.Notes.ShouldContain(note => note.Contains("saas.files", StringComparison.Ordinal));
            report.Notes.ShouldNotContain(note => note.Contains("saas.users ", StringComparison.Ordinal));
        }
        finally
        {
            await Execute($"drop owned by {login}; drop role {login}");
        }
    }

    [Test]
    public async Task Exceptions_of_the_one_who_asks_are_taken_out_and_told()
    {
        await Execute("drop index idx_files_is_public");
        const string exceptions = """
            scope	kind	place	actual	reason
            any	index.missing	saas.files.is_public	none	Nobody looks for public files.
            any	column.deprecated	*	*	It goes with the next release.
            any	foreign_key.without_index	saas.subscriptions.plan_id	*	There are five plans.
            """;

        var report = await Review(exceptions: exceptions);

        report.Findings.ShouldBeEmpty();
        // The index, and the column that is to be indexed.
        report.Schemas["saas"].Exceptions.Count.ShouldBe(2);
        report.Schemas["saas"].Accepted.Count.ShouldBe(2);
    }

    [TestCase("kind\tplace", "The first line")]
    [TestCase("scope\tkind\tplace\tactual\treason\nany\ta\tb\tc", "Line 2")]
    [TestCase("scope\tkind\tplace\tactual\treason\nany\ta\tb\tc\t ", "Line 2")]
    [TestCase("scope\tkind\tplace\tactual\treason\n\nours?\ta\tb\tc\td", "Line 3")]
    public void An_exception_without_a_reason_is_refused(string text, string what) =>
        Should.Throw<FormatException>(() => ReviewExceptions.Parse(text).ToList()).Message.ShouldStartWith(what);

    [Test]
    public async Task A_database_without_any_documented_schema_is_no_answer() =>
        (await Should.ThrowAsync<InvalidDataException>(() => Review(schemas: []))).Message.ShouldContain("saas=public");

    private static IEnumerable<string> Lines(SchemaReport report) => report.Findings.Select(Line);

    private static string Line(SchemaFinding finding) => $"{finding.Severity} {finding.Kind} {finding.Place}";

    private async Task<SchemaReport> Review(
        string? address = null,
        string? exceptions = null,
        Dictionary<string, string>? schemas = null
    )
    {
        await using var source = NpgsqlDataSource.Create((address ?? _database.ConnectionString) + ";Pooling=false");
        return await new SchemaReview(source, TimeProvider.System).Review(
            schemas ?? InPublic,
            exceptions,
            CancellationToken.None
        );
    }

    private static async Task Fill(string address)
    {
        var tables = DocumentedFacts
            .All.Where(fact => fact is { Schema: "saas", Kind: "relation" })
            .Select(fact => fact.Table);
        var enums = PublishedCatalogue.Current.Catalogue.Of("saas", "", PartKind.Enum).Select(Mending.Create);
        var statements = tables.Select(table =>
            table == "security_audit_logs"
                ? "create table saas.security_audit_logs (id integer primary key);"
                : DocumentedParts.CreateTable("saas", table, _ => true)
        );
        await Execute(address, SqlTokens.Rename(string.Join('\n', enums.Concat(statements)), InPublic));
    }

    private Task Execute(string sql) => Execute(_database.ConnectionString, sql);

    private static async Task Execute(string address, string sql)
    {
        await using var connection = new NpgsqlConnection(address + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
