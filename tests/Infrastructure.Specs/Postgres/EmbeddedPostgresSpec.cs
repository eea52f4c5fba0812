using System.Diagnostics;
using System.Runtime.Versioning;
using Npgsql;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Postgres;

[TestFixture]
public sealed class EmbeddedPostgresSpec : DataDirectorySpec
{
    [Test]
    public async Task A_server_answers_on_loopback_and_is_gone_after_its_last_user()
    {
        await using (var server = await TestServer.Start(Folder))
        {
            (await Ask(server, "select host(inet_server_addr())")).ShouldBe("127.0.0.1");
            (await Ask(server, "show server_encoding")).ShouldBe("UTF8");
            (await Ask(server, "select lower('ÄÉ')")).ShouldBe("äé");
            (await Ask(server, "show timezone")).ShouldBe("UTC");
            IsAlive(server.ProcessId).ShouldBeTrue();
        }
        Directory.Exists(Folder).ShouldBeFalse();
    }

    [Test]
    public async Task A_server_is_durable_and_keeps_its_data_its_password_and_its_port_by_default()
    {
        var kept = new EmbeddedPostgresOptions { DataDirectory = Folder, Settings = Small };
        string first;
        await using (var server = await EmbeddedPostgres.Start(kept, progress: null, default))
        {
            first = server.ConnectionString;
            (await Ask(server, "show fsync")).ShouldBe("on");
            (await Ask(server, "show synchronous_commit")).ShouldBe("on");
            (await Ask(server, "show full_page_writes")).ShouldBe("on");
            await Ask(server, "create table kept ()");
        }

        var last = kept with { DeleteAtEnd = true };
        await using var again = await EmbeddedPostgres.Start(last, progress: null, default);
        again.ConnectionString.ShouldBe(first);
        (await Ask(again, "select count(*)::text from kept")).ShouldBe("0");
    }

    [Test]
    public async Task A_wrong_password_is_refused()
    {
        await using var server = await TestServer.Start(Folder);
        var guess = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Password = "postgres" };
        await using var connection = new NpgsqlConnection(guess.ConnectionString);
        (await Should.ThrowAsync<PostgresException>(connection.OpenAsync())).SqlState.ShouldBe("28P01");
    }

    [Test]
    [UnsupportedOSPlatform("windows")]
    public async Task The_password_file_is_closed_to_others()
    {
        await using var server = await TestServer.Start(Folder);
        var mode = File.GetUnixFileMode(Path.Combine(Folder, "postgres", "password"));
        mode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Test]
    public async Task No_personal_data_of_a_failed_statement_reaches_the_log()
    {
        await using var server = await TestServer.Start(Folder);
        await Ask(server, "create table people (address text primary key)");
        await Ask(server, "insert into people values ('ann@example.org')");

        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync();
        await using var again = new NpgsqlCommand("insert into people values ($1)", connection);
        again.Parameters.Add(new NpgsqlParameter { Value = "ann@example.org" });
        await Should.ThrowAsync<PostgresException>(again.ExecuteNonQueryAsync());
        await using var wrong = new NpgsqlCommand("select 'ann@example.org'::uuid", connection);
        await Should.ThrowAsync<PostgresException>(wrong.ExecuteNonQueryAsync());

        var log = await File.ReadAllTextAsync(Path.Combine(Folder, "postgres", "server.log"));
        log.ShouldContain("ready to accept connections");
        log.ShouldNotContain("ann@");
    }

    [Test]
    public async Task Kill_9_of_the_program_stops_its_server()
    {
        using var program = await ServerHolder.Start(Folder);
        IsAlive(program.ServerProcessId).ShouldBeTrue();

        program.Kill();

        await Eventually.True(() => !IsAlive(program.ServerProcessId), Patience);
        await Eventually.True(() => !Directory.Exists(Folder), Patience);
    }

    [Test]
    [Platform("Linux", Reason = "Guards are found by their command line in /proc.")]
    public async Task A_second_program_joins_and_the_server_lives_until_the_last_one_ends()
    {
        using var first = await ServerHolder.Start(Folder);
        await using (var second = await TestServer.Start(Folder))
        {
            second.ProcessId.ShouldBe(first.ServerProcessId);
            first.Kill();
            await Eventually.True(() => GuardsOf(Folder).Count == 1, Patience);
            (await Ask(second, "select 'alive'")).ShouldBe("alive");
        }
        IsAlive(first.ServerProcessId).ShouldBeFalse();
    }

    [Test]
    public async Task Programs_that_start_at_the_same_time_share_one_server()
    {
        var servers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => TestServer.Start(Folder)));
        servers.Select(server => server.ProcessId).Distinct().Count().ShouldBe(1);
        foreach (var server in servers)
            await server.DisposeAsync();
        IsAlive(servers[0].ProcessId).ShouldBeFalse();
    }

    [Test]
    public async Task After_kill_9_of_the_server_the_next_start_recovers_it_at_the_same_address()
    {
        await using var first = await TestServer.Start(Folder, isDurable: true);
        await Ask(first, "create table kept ()");
        var killed = first.ProcessId;
        using (var postmaster = Process.GetProcessById(killed))
            postmaster.Kill();

        await using var second = await TestServer.Start(Folder, isDurable: true);
        second.ProcessId.ShouldNotBe(killed);
        second.ConnectionString.ShouldBe(first.ConnectionString);
        (await Ask(second, "select count(*)::text from kept")).ShouldBe("0");
    }

    [Test]
    [Platform("Linux", Reason = "Guards are found by their command line in /proc.")]
    public async Task A_server_whose_guard_was_killed_is_joined_and_stopped_by_the_next_program()
    {
        using var program = await ServerHolder.Start(Folder);
        using (var guard = Process.GetProcessById(GuardsOf(Folder).ShouldHaveSingleItem()))
            guard.Kill();
        program.Kill();
        IsAlive(program.ServerProcessId).ShouldBeTrue();

        await using (var next = await TestServer.Start(Folder))
            next.ProcessId.ShouldBe(program.ServerProcessId);
        IsAlive(program.ServerProcessId).ShouldBeFalse();
    }

    [Test]
    public async Task A_port_that_somebody_else_took_is_replaced()
    {
        var kept = new EmbeddedPostgresOptions { DataDirectory = Folder, Settings = Small };
        int port;
        await using (var server = await EmbeddedPostgres.Start(kept, progress: null, default))
            port = new NpgsqlConnectionStringBuilder(server.ConnectionString).Port;

        using var somebody = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, port);
        somebody.Start();
        await using var moved = await EmbeddedPostgres.Start(kept with { DeleteAtEnd = true }, progress: null, default);
        new NpgsqlConnectionStringBuilder(moved.ConnectionString).Port.ShouldNotBe(port);
        (await Ask(moved, "select 'alive'")).ShouldBe("alive");
    }

    [Test]
    public async Task A_server_that_does_not_start_says_why()
    {
        var impossible = TestServer.Options(Folder) with
        {
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_connections"] = "many" },
        };
        var error = await Should.ThrowAsync<EmbeddedPostgresException>(
            EmbeddedPostgres.Start(impossible, progress: null, default)
        );
        error.Message.ShouldContain("max_connections");
        await Eventually.True(() => !Directory.Exists(impossible.DataDirectory), Patience);
    }

    private static Dictionary<string, string> Small { get; } =
        new(StringComparer.Ordinal) { ["shared_buffers"] = "32MB" };

    private static List<int> GuardsOf(string folder) =>
        [
            .. Process
                .GetProcessesByName("sh")
                .Select(process => process.Id)
                .Where(id => CommandLine(id).Contains($"guard\0{folder}/", StringComparison.Ordinal)),
        ];
}
