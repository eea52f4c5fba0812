using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Database;

/// <summary>Logins of SQL readers from their making to their end.</summary>
public sealed class ReadersSpec
{
    private TestService? _service;
    private Guid _acme;

    private TestService Service => _service ?? throw new InvalidOperationException("The spec has not started.");

    [SetUp]
    public async Task Start()
    {
        _service = await TestService.Create();
        _acme = await Service.CreateOrganization("acme");
        await Service.Send(_acme, new AddContact("ann@example.org", Consent: new ConsentInput()));
    }

    [TearDown]
    public async Task Stop()
    {
        foreach (var reader in await List())
            await Revoke(reader.Role);

        await Service.DisposeAsync();
    }

    [Test]
    public async Task A_login_has_limits_and_is_listed()
    {
        var limits = new ReaderLimits
        {
            Connections = 2,
            StatementSeconds = 7,
            TempFileMegabytes = 3,
        };
        var reader = await Readers.Create(Service.Installation, _acme, CancellationToken.None, limits);

        await using var first = await Connect(reader);
        await using var second = await Connect(reader);
        (await Should.ThrowAsync<PostgresException>(Connect(reader))).SqlState.ShouldBe(
            PostgresErrorCodes.TooManyConnections
        );
        (await Scalar<string>(first, "show statement_timeout")).ShouldBe("7s");
        (await Scalar<string>(first, "show idle_in_transaction_session_timeout")).ShouldBe("1min");
        (await Scalar<string>(first, "show idle_session_timeout")).ShouldBe("10min");
        (await Scalar<string>(first, "show temp_file_limit")).ShouldBe("3MB");
        foreach (var fixedSetting in new[] { "temp_file_limit = -1", "log_min_messages = log" })
        {
            (await Refusal(first, $"set {fixedSetting}")).ShouldBe("42501");
            (await Refusal(first, $"alter role {reader.Role} set {fixedSetting}")).ShouldBe("42501");
        }

        (await Refusal(first, $"alter role {reader.Role} connection limit 100")).ShouldBe("42501");
        var listed = (await List()).ShouldHaveSingleItem();
        (listed.Role, listed.Organization, listed.State, listed.Sessions).ShouldBe((reader.Role, "acme", "active", 2));
        listed.CreatedAt.ShouldBe(TimeProvider.System.GetUtcNow(), TimeSpan.FromMinutes(1));
        (await Readers.List(Service.Installation, Guid.CreateVersion7(), CancellationToken.None)).ShouldBeEmpty();
    }

    [Test]
    public async Task Of_a_table_with_columns_that_act_it_is_told_which_it_may_not_read()
    {
        var reader = await Create();
        reader.Hidden["backstage.contacts"].ShouldBe(["unsubscribe_token"]);

        await using var connection = await Connect(reader);
        foreach (var (table, columns) in reader.Hidden)
        {
            (await Refusal(connection, $"table {table}")).ShouldBe("42501", table);
            foreach (var column in columns)
                (await Refusal(connection, $"select {column} from {table}")).ShouldBe("42501", $"{table}.{column}");
        }

        (await Scalar<string>(connection, "select email from backstage.contacts")).ShouldBe("ann@example.org");
    }

    [Test]
    public async Task A_revoked_login_is_gone_with_its_sessions_and_all_it_left()
    {
        var reader = await Create();
        await using var connection = await Connect(reader);
        // What a reader may set for itself keeps PostgreSQL from dropping its role.
        await Scalar<object?>(connection, $"alter role {reader.Role} set search_path = backstage");
        await Scalar<object?>(connection, "alter default privileges grant select on tables to public");

        var revoked = await Revoke(reader.Role);

        (revoked.WasThere, revoked.SessionsEnded).ShouldBe((true, 1));
        (await Refusal(connection, "select 1")).ShouldBe(PostgresErrorCodes.AdminShutdown);
        (await Should.ThrowAsync<PostgresException>(Connect(reader))).SqlState.ShouldBe("28P01");
        (await Service.Scalar<long>($"select count(*) from pg_roles where rolname = '{reader.Role}'")).ShouldBe(0);
        (
            await Service.Scalar<long>("select count(*) from pg_default_acl")
            + await Service.Scalar<long>("select count(*) from access.readers")
        ).ShouldBe(0);
        (await List()).ShouldBeEmpty();

        (await Revoke(reader.Role)).WasThere.ShouldBeFalse();
        await using var again = await Connect(await Create());
        (await Scalar<long>(again, "select count(*) from backstage.contacts")).ShouldBe(1);
    }

    [Test]
    public async Task What_it_left_in_another_database_is_dropped_too()
    {
        await using var elsewhere = await TestDatabase.Create();
        var reader = await Create();
        await using (var there = await Connect(reader, elsewhere.Name))
            await Scalar<object?>(there, "alter default privileges grant select on tables to public");

        (await Revoke(reader.Role)).WasThere.ShouldBeTrue();

        (await Service.Scalar<long>($"select count(*) from pg_roles where rolname = '{reader.Role}'")).ShouldBe(0);
    }

    [Test]
    public async Task Revoking_goes_on_where_it_was_interrupted()
    {
        var reader = await Create();
        await using var connection = await Connect(reader);
        await Service.Execute("update access.readers set revoked_at = now()");

        (await Scalar<long>(connection, "select count(*) from backstage.contacts")).ShouldBe(0);
        (await List()).ShouldHaveSingleItem().State.ShouldBe("being revoked");
        await Watchdog().Look(CancellationToken.None);

        (await List()).ShouldBeEmpty();
        (await Service.Scalar<long>($"select count(*) from pg_roles where rolname = '{reader.Role}'")).ShouldBe(0);
    }

    [Test]
    public async Task Revoking_at_several_places_at_once_is_revoking_once()
    {
        var reader = await Create();
        await using var connection = await Connect(reader);

        var revoked = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Revoke(reader.Role)));

        revoked.Sum(done => done.SessionsEnded).ShouldBeInRange(1, 4);
        (await List()).ShouldBeEmpty();
    }

    [Test]
    public async Task A_login_whose_role_somebody_dropped_can_be_taken_off_the_list()
    {
        var reader = await Create();
        await Service.Execute($"drop owned by {reader.Role}; drop role {reader.Role}");
        (await List()).ShouldHaveSingleItem().State.ShouldBe("login missing");

        (await Revoke(reader.Role)).WasThere.ShouldBeTrue();
        (await List()).ShouldBeEmpty();
    }

    [Test]
    public async Task Only_readers_are_revoked()
    {
        foreach (var other in new[] { Service.Installation.Keys.Logins.App, "schemahub_reader", "postgres", "x'; --" })
        {
            (await Revoke(other)).WasThere.ShouldBeFalse();
            var isThere = other == "x'; --" ? 0L : 1L;
            (
                await Service.Scalar<long>(
                    $"select count(*) from pg_roles where rolcanlogin is not null and rolname = $r${other}$r$"
                )
            ).ShouldBe(isThere);
        }
    }

    [Test]
    public async Task A_reader_of_a_closed_organization_sees_nothing_at_once_and_is_revoked()
    {
        var other = await Service.CreateOrganization("other");
        var reader = await Create();
        var others = await Readers.Create(Service.Installation, other, CancellationToken.None);
        await using var connection = await Connect(reader);
        var tables = await Service.Texts(
            """
            select c.oid::regclass::text
            from pg_class c
            where c.relkind in ('r', 'p', 'v') and not c.relispartition
                and c.relnamespace::regnamespace::text in ('backstage', 'saas', 'snorq', 'podcast', 'smarthub')
                and has_any_column_privilege('schemahub_reader', c.oid, 'select')
            """
        );
        (await Seen(connection, tables)).Count.ShouldBeGreaterThan(10);

        await Service.Send(_acme, new CloseOrganization());

        (await Seen(connection, tables)).ShouldBeEmpty();
        await Watchdog().Look(CancellationToken.None);
        (await Refusal(connection, "select 1")).ShouldBe(PostgresErrorCodes.AdminShutdown);
        (await List()).ShouldHaveSingleItem().Role.ShouldBe(others.Role);
        (
            await Should.ThrowAsync<RuleBrokenException>(
                Readers.Create(Service.Installation, _acme, CancellationToken.None)
            )
        ).Code.ShouldBe("organization.closed");
        await Should.ThrowAsync<NotFoundException>(
            Readers.Create(Service.Installation, Guid.CreateVersion7(), CancellationToken.None)
        );
    }

    [Test]
    public async Task No_login_is_made_where_it_could_take_the_services_locks()
    {
        await Service.Execute("grant execute on function pg_advisory_lock(bigint) to public");

        var refused = await Should.ThrowAsync<NotSupportedException>(Create());

        refused.Message.ShouldContain("run `schemahub migrate` once as a superuser");
    }

    private static async Task<List<string>> Seen(NpgsqlConnection connection, List<string> tables)
    {
        var seen = new List<string>();
        foreach (var table in tables)
        {
            if (await Scalar<bool>(connection, $"select exists (select from {table})"))
                seen.Add(table);
        }

        return seen;
    }

    private Task<NewReader> Create() => Readers.Create(Service.Installation, _acme, CancellationToken.None);

    private Task<IReadOnlyList<Reader>> List() => Readers.List(Service.Installation, null, CancellationToken.None);

    private Task<RevokedReader> Revoke(string role) =>
        ReaderRevocation.Revoke(Service.Installation, role, CancellationToken.None);

    private ReaderWatchdog Watchdog() =>
        new(
            Service.Installation,
            new ReaderLimits(),
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<ReaderWatchdog>.Instance
        );

    internal static async Task<NpgsqlConnection> Connect(NewReader reader, string? database = null)
    {
        var builder = new NpgsqlConnectionStringBuilder(reader.ConnectionString) { Pooling = false };
        builder.Database = database ?? builder.Database;
        var connection = new NpgsqlConnection(builder.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    internal static async Task<T> Scalar<T>(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    internal static async Task<string?> Refusal(NpgsqlConnection connection, string sql)
    {
        try
        {
            await Scalar<object?>(connection, sql);
            return null;
        }
        catch (PostgresException refused)
        {
            return refused.SqlState;
        }
    }
}
