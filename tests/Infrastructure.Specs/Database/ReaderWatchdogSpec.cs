using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Database;

/// <summary>Sessions of readers end at their limits, also where the reader took the limits off.</summary>
public sealed class ReaderWatchdogSpec
{
    private const string NoTimeouts =
        "set statement_timeout = 0; set idle_in_transaction_session_timeout = 0; set idle_session_timeout = 0; "
        + "set lock_timeout = 0";

    private static readonly ReaderLimits Generous = new() { NotificationQueueShare = 1 };

    private TestService? _service;
    private NewReader? _reader;

    private TestService Service => _service ?? throw new InvalidOperationException("The spec has not started.");

    private NewReader Reader => _reader ?? throw new InvalidOperationException("The spec has not started.");

    [SetUp]
    public async Task Start()
    {
        _service = await TestService.Create();
        _reader = await Readers.Create(
            Service.Installation,
            await Service.CreateOrganization("acme"),
            CancellationToken.None
        );
    }

    [TearDown]
    public async Task Stop()
    {
        await ReaderRevocation.Revoke(Service.Installation, Reader.Role, CancellationToken.None);
        await Service.DisposeAsync();
    }

    [Test]
    public async Task A_statement_that_runs_too_long_is_ended()
    {
        await using var connection = await Connect();
        var statement = ReadersSpec.Refusal(connection, "select pg_sleep(120)");
        await Ended(Generous with { StatementSeconds = 1 }, "statement");
        (await statement).ShouldBe(PostgresErrorCodes.AdminShutdown);
    }

    [Test]
    public async Task A_transaction_that_waits_for_its_client_is_ended()
    {
        await using var connection = await Connect();
        await Execute(connection, "begin; select 1");
        await Ended(Generous with { IdleInTransactionSeconds = 1 }, "idle_in_transaction");
        await ShouldBeEnded(connection);
    }

    [Test]
    public async Task A_failed_transaction_that_waits_for_its_client_is_ended()
    {
        await using var connection = await Connect();
        await Execute(connection, "begin");
        await ReadersSpec.Refusal(connection, "select 1/0");
        await Ended(Generous with { IdleInTransactionSeconds = 1 }, "idle_in_transaction");
    }

    [Test]
    public async Task A_transaction_that_is_kept_busy_is_ended()
    {
        await using var connection = await Connect();
        using var stop = new CancellationTokenSource();
        var busy = Task.Run(async () =>
        {
            await Execute(connection, "begin");
            while (true)
                await Execute(connection, "select pg_sleep(0.05)");
        });
        await Ended(Generous with { TransactionSeconds = 1, IdleInTransactionSeconds = 1 }, "transaction");
        (await Should.ThrowAsync<PostgresException>(busy)).SqlState.ShouldBe(PostgresErrorCodes.AdminShutdown);
    }

    [TestCase("select 1")]
    [TestCase("listen schemahub_access")]
    [TestCase("do $$ begin execute 'listen anything'; end $$")]
    public async Task A_session_that_does_nothing_is_ended_also_where_it_listens(string last)
    {
        await using var connection = await Connect();
        await Execute(connection, last);
        await Ended(Generous with { IdleSeconds = 1 }, "idle");
        await ShouldBeEnded(connection);
    }

    [Test]
    public async Task Of_too_many_sessions_those_beyond_go_first_from_who_has_most()
    {
        var other = await Readers.Create(
            Service.Installation,
            await Service.CreateOrganization("other"),
            CancellationToken.None
        );
        var ours = new List<NpgsqlConnection>();
        for (var i = 0; i < 4; i++)
            ours.Add(await Connect());

        await using var theirs = await ReadersSpec.Connect(other);

        (await Watchdog(Generous with { TotalConnections = 3 }).Look(CancellationToken.None)).ShouldBe([
            "connections",
            "connections",
        ]);

        await Execute(theirs, "select 1");
        await Execute(ours[0], "select 1");
        await Execute(ours[1], "select 1");
        foreach (var ended in ours[2..])
            await ShouldBeEnded(ended);

        foreach (var connection in ours)
            await connection.DisposeAsync();

        await ReaderRevocation.Revoke(Service.Installation, other.Role, CancellationToken.None);
    }

    [Test]
    public async Task Who_holds_up_the_queue_of_notifications_is_ended()
    {
        await using var listens = await Connect();
        await Execute(listens, "listen anything");
        await Execute(listens, "begin; select 1");
        await using var sends = await Connect();
        for (var i = 0; i < 20; i++)
            await Execute(sends, $"select pg_notify('anything', repeat('{(char)('a' + i)}', 7900))");

        (await Service.Scalar<double>("select pg_notification_queue_usage()")).ShouldBePositive();
        await Ended(Generous with { NotificationQueueShare = 1e-7 }, "notifications");

        await ShouldBeEnded(listens);
        await Execute(sends, "select 1");
    }

    [Test]
    public async Task Nobody_is_ended_within_the_limits_nor_who_is_no_reader()
    {
        // Before the readers: what is too long of theirs is too long of the administrator's.
        await using var administrator = await Service.Installation.Administrator.OpenConnectionAsync();
        await Execute(administrator, "begin; select 1");
        await using var idle = await Connect();
        await using var inTransaction = await Connect();
        await Execute(inTransaction, "begin; select 1");

        (await Watchdog(Generous).Look(CancellationToken.None)).ShouldBeEmpty();
        await Execute(idle, "select 1");
        await Execute(inTransaction, "select 1");

        var strict = Generous with { IdleInTransactionSeconds = 1, TransactionSeconds = 1, IdleSeconds = 1 };
        await Eventually.True(async () => (await Watchdog(strict).Look(CancellationToken.None)).Count > 0);
        await Execute(administrator, "select 1; rollback");
    }

    [Test]
    public async Task Nodes_that_look_at_the_same_time_end_and_count_a_session_once()
    {
        var counted = new ConcurrentBag<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, to) =>
        {
            if (instrument.Name == "schemahub.readers.sessions_ended")
                to.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>(
            (_, value, tags, _) => counted.Add($"{value} {tags[0].Key}={tags[0].Value}")
        );
        listener.Start();
        await using var connection = await Connect();
        await Execute(connection, "begin; select 1");
        using var stop = new CancellationTokenSource();
        var nodes = Enumerable
            .Range(0, 4)
            .Select(_ => Watchdog(Generous with { IdleInTransactionSeconds = 1 }).RunAsync(stop.Token))
            .ToList();

        await Eventually.True(async () => await Sessions() == 0);
        await stop.CancelAsync();
        await Task.WhenAll(nodes);

        counted.ShouldBe(["1 reason=idle_in_transaction"]);
    }

    [Test]
    public async Task A_reader_that_keeps_a_table_busy_does_not_keep_its_old_months()
    {
        await Service.Execute("select podcast.make_partitions('2001-01-01', '2001-01-01')");
        await using var connection = await Connect();
        await Execute(
            connection,
            "begin; lock table podcast.listener_events, podcast.listener_metrics in access share mode"
        );
        using var stop = new CancellationTokenSource();
        var watching = Watchdog(Generous with { IdleInTransactionSeconds = 1 }).RunAsync(stop.Token);

        var done = await Service
            .Services.GetRequiredService<Application.Podcasts.ISeries>()
            .KeepPartitions(CancellationToken.None);

        await stop.CancelAsync();
        await watching;
        done.ShouldContain("3 dropped");
        await ShouldBeEnded(connection);
    }

    private async Task Ended(ReaderLimits limits, string reason)
    {
        var watchdog = Watchdog(limits);
        IReadOnlyList<string> reasons = [];
        await Eventually.True(async () => (reasons = await watchdog.Look(CancellationToken.None)).Count > 0);
        reasons.ShouldBe([reason]);
    }

    private static async Task ShouldBeEnded(NpgsqlConnection connection) =>
        (await ReadersSpec.Refusal(connection, "select 1")).ShouldBe(PostgresErrorCodes.AdminShutdown);

    private async Task<NpgsqlConnection> Connect()
    {
        var connection = await ReadersSpec.Connect(Reader);
        await Execute(connection, NoTimeouts);
        return connection;
    }

    private ReaderWatchdog Watchdog(ReaderLimits limits) =>
        new(Service.Installation, limits, TimeProvider.System, NullLogger<ReaderWatchdog>.Instance);

    private Task<long> Sessions() =>
        Service.Scalar<long>($"select count(*) from pg_stat_activity where usename = '{Reader.Role}'");

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }
}
