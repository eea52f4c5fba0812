using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Postgres;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>Crashes at random points: nothing that was acknowledged is lost, and nothing is done twice.</summary>
public sealed class CrashSpec
{
    private const int CallersAtOnce = 8;

    private static readonly TimeSpan LongestRound = TimeSpan.FromMinutes(10);

    private static readonly int Rounds = Scale.Of(ci: 4, nightly: 40);
    private static readonly int Cuts = Scale.Of(ci: 20, nightly: 400);
    private static readonly int Crashes = Scale.Of(ci: 2, nightly: 20);

    private int _answered;
    private long _cut;

    [Test]
    public async Task After_kill_9_of_the_program_all_it_had_answered_is_there_and_repeating_it_does_nothing_twice()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var random = new Random(TestContext.CurrentContext.Random.Next());
        var commands = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var name = round.ToString(CultureInfo.InvariantCulture);
            using var program = await AppendingProgram.Start(service, organization, name);
            await program.HasAnswered(random.Next(10_000));
            var told = program.Kill();

            // Opens by itself, at most one entry of the journal behind.
            await using var next = await TestService.Start(
                service.ConnectionString,
                service.Installation.Keys.Directory
            );
            foreach (var (caller, answers) in told)
                commands += await Repeat(next, organization, name, caller, answers);
        }

        (await EventsOf(service, organization)).ShouldBe(commands);
        await service.ShouldBeSound();
    }

    [Test]
    [NeedsPrivateServer]
    public async Task A_commit_whose_connection_is_cut_is_found_out_about_and_the_journal_stays_in_step()
    {
        await using var crashing = await CrashingServer.Start();
        await using var service = await crashing.StartService();
        var organization = await service.CreateOrganization("acme");
        using var stop = new CancellationTokenSource();
        var cutting = Task.Run(() => CutCommits(service, stop.Token));

        using var end = new CancellationTokenSource();
        var living = LiveThrough(service, organization, end.Token);
        await Eventually.True(() => Volatile.Read(ref _cut) > Cuts, LongestRound);

        await end.CancelAsync();
        var commands = await living;
        await stop.CancelAsync();
        await cutting;

        (await EventsOf(service, organization)).ShouldBe(commands);
        await service.ShouldBeSound();
        await ShouldOpenInStep(crashing, service);
    }

    [Test]
    [NeedsPrivateServer]
    public async Task After_kill_9_of_PostgreSQL_the_service_goes_on_as_soon_as_the_server_is_back()
    {
        await using var crashing = await CrashingServer.Start();
        await using var service = await crashing.StartService();
        var organization = await service.CreateOrganization("acme");
        using var end = new CancellationTokenSource();
        var living = LiveThrough(service, organization, end.Token);
        for (var crash = 0; crash < Crashes; crash++)
        {
            await More(TestContext.CurrentContext.Random.Next(50, 300));
            await crashing.KillAndRestart();
        }

        await More(50);
        await end.CancelAsync();
        var commands = await living;
        // Their idle connections died with the server.
        service.Installation.Administrator.Clear();
        service.Installation.Writer.Clear();
        (await EventsOf(service, organization)).ShouldBe(commands);
        await service.ShouldBeSound();
        await ShouldOpenInStep(crashing, service);
    }

    private async Task More(int answered)
    {
        var enough = Volatile.Read(ref _answered) + answered;
        await Eventually.True(() => Volatile.Read(ref _answered) >= enough, LongestRound);
    }

    private static async Task ShouldOpenInStep(CrashingServer crashing, TestService service)
    {
        await using var again = await crashing.StartService();
        again.Installation.Journal.LastNumber.ShouldBe(
            await service.Scalar<long>("select journal_number from events.safekeeping")
        );
    }

    /// <summary>Repeats a caller's commands with their keys, and the one under way; answers how many.</summary>
    internal static async Task<int> Repeat(
        TestService service,
        Guid organization,
        string round,
        int caller,
        List<Position> told
    )
    {
        var contact = 0L;
        for (var step = 0; step <= told.Count; step++)
        {
            var position = await Do(service, organization, round, caller, step, contact);
            if (step < told.Count)
                position.ShouldBe(told[step]);

            contact = position.Number;
        }

        return told.Count + 1;
    }

    /// <summary>Callers that repeat through outages what was not answered; answers how many commands were.</summary>
    private async Task<int> LiveThrough(TestService service, Guid organization, CancellationToken end)
    {
        var commands = await Task.WhenAll(
            Enumerable
                .Range(0, CallersAtOnce)
                .Select(async caller =>
                {
                    var (step, contact) = (0, 0L);
                    for (; !end.IsCancellationRequested; step++)
                    {
                        contact = (await UntilAnswered(service, organization, caller, step, contact)).Number;
                        Interlocked.Increment(ref _answered);
                    }

                    return step;
                })
        );
        return commands.Sum();
    }

    private static Task<Position> UntilAnswered(
        TestService service,
        Guid organization,
        int caller,
        int step,
        long contact
    ) => UntilAnswered(() => Do(service, organization, "live", caller, step, contact));

    /// <summary>Repeats a command through outages.</summary>
    internal static async Task<Position> UntilAnswered(Func<Task<Position>> command)
    {
        var patience = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await command();
            }
            catch (Exception outage)
                when (outage is LogUnavailableException or NpgsqlException && patience.Elapsed.TotalSeconds < 60)
            {
                await Task.Delay(20);
            }
        }
    }

    private static Task<Position> Do(
        TestService service,
        Guid organization,
        string round,
        int caller,
        int step,
        long contact
    ) =>
        service.Send(
            organization,
            AppendingProgram.Command(round, caller, step, contact),
            context => context with { IdempotencyKey = AppendingProgram.Key(round, caller, step) }
        );

    internal static async Task<int> EventsOf(TestService service, Guid organization) =>
        (
            await service.Sequences($"e.tenant_id = '{organization}' and e.type not in ({TestService.FoundingEvents})")
        ).Count;

    /// <summary>Ends the writer's connection again and again, while it commits wherever that can be hit.</summary>
    private async Task CutCommits(TestService service, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var now = await service.Scalar<long>(
                """
                select count(pg_terminate_backend(a.pid))
                from pg_stat_activity a
                where a.datname = current_database() and a.usename like 'schemahub_writer%'
                    and (a.state = 'active' and a.query = 'commit' or a.state <> 'idle' and random() < 0.02)
                """
            );
            Interlocked.Add(ref _cut, now);
            // Between two cuts something gets through.
            await Task.Delay(now == 0 ? 0 : 15, CancellationToken.None);
        }
    }

    /// <summary>A durable server of this spec's own, to be killed.</summary>
    private sealed class CrashingServer : IAsyncDisposable
    {
        private readonly string _folder = TestServer.NewDirectory();
        private readonly string _keys = Directory.CreateTempSubdirectory("schemahub-keys-").FullName;
        private EmbeddedPostgres? _server;

        public static async Task<CrashingServer> Start()
        {
            var crashing = new CrashingServer();
            crashing._server = await TestServer.Start(crashing._folder, isDurable: true);
            return crashing;
        }

        public Task<TestService> StartService() => TestService.Start(_server!.ConnectionString, _keys);

        public async Task KillAndRestart()
        {
            var killed = _server!;
            using (var postmaster = Process.GetProcessById(killed.ProcessId))
                postmaster.Kill();

            _server = await TestServer.Start(_folder, isDurable: true);
            await killed.DisposeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await _server!.DisposeAsync();
            Directory.Delete(_keys, recursive: true);
        }
    }
}
