using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Postgres;

/// <summary>A private server that ends while its programs live is started again, a few times in a row.</summary>
[TestFixture]
public sealed class ServerWatchSpec : DataDirectorySpec
{
    private readonly ConcurrentQueue<string> _reports = new();

    [Test]
    public async Task After_kill_9_of_the_main_process_the_server_runs_again_at_the_same_address_with_its_data()
    {
        await using var server = await Start(RestartLimit.Usual);
        await Ask(server, "create table kept ()");
        for (var crash = 0; crash < 2; crash++)
        {
            var killed = Kill(server);
            await Answers(server, "select count(*)::text from kept", "0");
            await Eventually.True(() => server.ProcessId != killed && server.Trouble is null, Patience);
        }

        _reports.ShouldContain(report => report.Contains("starting it again (2 of 5)"));
        _reports.ShouldContain("The private PostgreSQL runs again.");
    }

    [Test]
    public async Task Programs_that_share_a_server_share_the_one_that_is_started_again()
    {
        await using var one = await Start(RestartLimit.Usual);
        await using var other = await Start(RestartLimit.Usual);
        // Never starts it, as one that comes too late to see that it had ended.
        await using var late = await Start(new RestartLimit(0, TimeSpan.FromMinutes(10), TimeSpan.Zero));
        Kill(one);

        await Answers(one, "select 'alive'", "alive");
        await Answers(other, "select 'alive'", "alive");
        EmbeddedPostgres[] all = [one, other, late];
        await Eventually.True(() => all.All(its => its.ProcessId == one.ProcessId && its.Trouble is null), Patience);
        other.ConnectionString.ShouldBe(one.ConnectionString);
    }

    [Test]
    [Platform("Linux", Reason = "Orphans are found by their folder in /proc.")]
    public async Task Processes_that_outlive_the_main_process_do_not_keep_the_server_from_starting()
    {
        await using var server = await Start(RestartLimit.Usual);
        await using var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        var backend = connection.ProcessID.ToString(CultureInfo.InvariantCulture);
        // A process that stands still does not notice that the main process has ended.
        using (var stop = Process.Start("kill", ["-STOP", backend]))
            await stop.WaitForExitAsync();

        Kill(server);

        await Answers(server, "select 'alive'", "alive");
        IsAlive(int.Parse(backend, CultureInfo.InvariantCulture)).ShouldBeFalse();
    }

    [Test]
    public async Task A_server_that_ends_again_and_again_is_left_alone_and_the_reason_is_said()
    {
        await using var server = await Start(
            new RestartLimit(2, TimeSpan.FromMinutes(10), TimeSpan.FromMilliseconds(100))
        );
        for (var crash = 0; crash < 2; crash++)
        {
            var killed = Kill(server);
            await Eventually.True(() => server.ProcessId != killed && server.Trouble is null, Patience);
        }

        Kill(server);
        await Eventually.True(() => server.Trouble?.Contains("is not started again") is true, Patience);
        _reports.ShouldContain(report => report.Contains("ended 2 times within 10 minutes"));
    }

    [Test]
    public async Task Once_the_time_is_over_it_is_started_again()
    {
        await using var server = await Start(
            new RestartLimit(1, TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(100))
        );
        var first = Kill(server);
        await Eventually.True(() => server.ProcessId != first && server.Trouble is null, Patience);
        var second = Kill(server);
        await Eventually.True(() => server.ProcessId != second && server.Trouble is null, Patience);
    }

    private Task<EmbeddedPostgres> Start(RestartLimit limit) =>
        EmbeddedPostgres.Start(
            TestServer.Options(Folder, isDurable: true) with
            {
                RestartLimit = limit,
            },
            _reports.Enqueue,
            default
        );

    private static int Kill(EmbeddedPostgres server)
    {
        var killed = server.ProcessId;
        using var postmaster = Process.GetProcessById(killed);
        postmaster.Kill();
        return killed;
    }

    private static async Task Answers(EmbeddedPostgres server, string question, string answer)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                (await Ask(server, question)).ShouldBe(answer);
                return;
            }
            catch (NpgsqlException) when (patience.Elapsed < Patience)
            {
                await Task.Delay(50);
            }
        }
    }
}
