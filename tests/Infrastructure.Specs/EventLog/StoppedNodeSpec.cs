using System.Diagnostics;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>
/// A node that is stopped or cut off while its batch holds the log's lock: the others write again within seconds, and
/// it finds out what became of its batch when it comes back.
/// </summary>
public sealed class StoppedNodeSpec
{
    // The session's time-out of five seconds, and what it takes to be noticed on a busy machine.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(12);

    [Test]
    [Platform("Linux", Reason = "Stopping a process needs SIGSTOP.")]
    public async Task A_node_stopped_between_its_rows_and_its_commit_keeps_the_others_for_seconds_only()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        using var program = await AppendingProgram.Start(service, organization, "stopped");

        await StopInsideABatch(service, program);
        var asked = Stopwatch.StartNew();
        var added = await service.Send(organization, new AddContact("ann@example.org", Consent: new ConsentInput()));
        var withdrawn = await service.Send(organization, new WithdrawConsent(added.Number));
        asked.Elapsed.ShouldBeLessThan(LongestWait);
        withdrawn.Version.ShouldBe(2);

        // The one that was stopped goes on: what it had not committed is done again, and done once.
        var before = program.Answered;
        program.Continue();
        await program.HasAnswered(before + 2_000);
        var told = program.Kill();
        await using var next = await TestService.Start(service.ConnectionString, service.Installation.Keys.Directory);
        var commands = 0;
        foreach (var (caller, answers) in told)
            commands += await CrashSpec.Repeat(next, organization, "stopped", caller, answers);

        (await CrashSpec.EventsOf(next, organization)).ShouldBe(commands + 2);
        await service.ShouldBeSound();
    }

    [Test]
    public async Task A_number_that_a_node_wrote_and_did_not_commit_is_taken_back_by_the_next_writer()
    {
        await using var stopped = await Database.StoppedInstallation.Create();
        await using var service = await stopped.Start();
        var zombie = Journal.Open(stopped.Keys);
        var known = zombie.LastNumber;
        // What the node's batch would have written, with positions that it drew and lost.
        var drawn = await service.Scalar<long>("select nextval('events.mt_events_sequence')");
        await zombie.Append(known + 1, [Entry("one", drawn), Entry("two", drawn)]);

        await service.Send(stopped.Organization, new WithdrawConsent(stopped.Contacts[2]));

        var journal = Journal.Open(stopped.Keys);
        journal.LastNumber.ShouldBe(known + 2);
        journal.ReadAfter(known).ShouldHaveSingleItem().Event.ShouldBe("consent_withdrawn");
        (await service.Scalar<long>("select journal_number from events.safekeeping")).ShouldBe(known + 2);

        // What the node still believes is not written over what is there.
        await Should.ThrowAsync<JournalException>(zombie.Append(known + 2, [Entry("late", drawn)]));
        Journal.Open(stopped.Keys).ReadAfter(known).ShouldHaveSingleItem().Event.ShouldBe("consent_withdrawn");
        await service.ShouldBeSound();
    }

    [Test]
    [Platform("Linux", Reason = "Locks of files are advisory there.")]
    public async Task A_node_that_was_stopped_while_it_wrote_to_the_journal_is_passed_over()
    {
        await using var stopped = await Database.StoppedInstallation.Create();
        await using var service = await stopped.Start();
        var journal = Path.Combine(stopped.Keys, "journal.jsonl");
        await using var held = new FileStream(
            Path.Combine(stopped.Keys, "journal.lock"),
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.None
        );
        await using var late = new FileStream(journal, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        late.Seek(0, SeekOrigin.End);

        var asked = Stopwatch.StartNew();
        await service.Send(stopped.Organization, new WithdrawConsent(stopped.Contacts[2]));
        asked.Elapsed.ShouldBeLessThan(LongestWait);

        // The stopped node wakes up and writes, to a file that is no longer the journal.
        await late.WriteAsync("half a li"u8.ToArray());
        late.Flush(flushToDisk: true);
        await using var again = await stopped.Start();
        again.Installation.Replayed.ShouldBeNull();
        again.Installation.Journal.ReadAfter(0).Count(entry => entry.Kind == JournalEntryKind.Safeguard).ShouldBe(3);
    }

    [Test]
    public async Task A_writer_of_the_journal_that_stands_still_loses_the_lock_and_nothing_else_of_its_session_changes()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        await using var connection = await service.Installation.Writer.OpenConnectionAsync();
        await using (var brief = await connection.BeginTransactionAsync())
        {
            await JournalNumbers.Lock(connection, CancellationToken.None);
            await brief.CommitAsync();
        }

        await using var show = new NpgsqlCommand(
            "select current_setting('idle_in_transaction_session_timeout') || current_setting('lock_timeout')",
            connection
        );
        (await show.ExecuteScalarAsync()).ShouldBe("00");

        await using var still = await connection.BeginTransactionAsync();
        await JournalNumbers.Lock(connection, CancellationToken.None);
        var asked = Stopwatch.StartNew();
        (await service.Send(organization, new AddContact("ann@example.org"))).Version.ShouldBe(1);
        asked.Elapsed.ShouldBeLessThan(LongestWait);
        (await Should.ThrowAsync<PostgresException>(still.CommitAsync())).SqlState.ShouldBe("25P03");
    }

    [Test]
    public async Task A_node_that_was_cut_off_keeps_the_others_for_seconds_only_and_its_callers_are_answered()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        await using var proxy = new CuttingProxy(service.ConnectionString);
        await using var far = await TestService.Start(proxy.ConnectionString, service.Installation.Keys.Directory);
        var added = await far.Send(organization, new AddContact("ann@example.org", Consent: new ConsentInput()));

        // Its rows are written, and nothing comes through any more, in either direction.
        await proxy.CutInsideABatch(service, () => far.Send(organization, new WithdrawConsent(added.Number)));
        var asked = Stopwatch.StartNew();
        var near = await service.Send(organization, new AddContact("bob@example.org", Consent: new ConsentInput()));
        await service.Send(organization, new WithdrawConsent(near.Number));
        asked.Elapsed.ShouldBeLessThan(LongestWait);

        // What the cut node is asked meanwhile ends with the caller's time.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        asked.Restart();
        await Should.ThrowAsync<Exception>(
            far.Send(organization, new AddContact("cem@example.org"), cancellation: patience.Token)
        );
        asked.Elapsed.ShouldBeLessThan(LongestWait);

        proxy.Restore();
        (await proxy.Sent!).Version.ShouldBe(2);
        (
            await CrashSpec.UntilAnswered(() => far.Send(organization, new AddContact("cem@example.org")))
        ).Version.ShouldBe(1);
        await service.ShouldBeSound();
        (await service.Scalar<long>("select count(*) from backstage.contacts where subscribed")).ShouldBe(0);
        far.Installation.Journal.CatchUp();
        far.Installation.Journal.LastNumber.ShouldBe(
            await service.Scalar<long>("select journal_number from events.safekeeping")
        );
    }

    [Test]
    public async Task While_somebody_else_holds_the_lock_appends_end_with_their_callers_time_and_readiness_says_so()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var readiness = new LogReadiness((LogWriter)service.Services.GetService(typeof(LogWriter))!);
        (await readiness.Trouble(CancellationToken.None)).ShouldBeNull();
        await using var connection = await service.Installation.Administrator.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand($"select pg_advisory_xact_lock({BatchWriter.LockKey})", connection);
        await hold.ExecuteNonQueryAsync();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var asked = Stopwatch.StartNew();
        var first = service.Send(organization, new AddContact("ann@example.org"), cancellation: patience.Token);
        (await Should.ThrowAsync<LogUnavailableException>(first)).IsOutcomeKnown.ShouldBeFalse();
        asked.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));

        // The batch is under way: what comes now waits behind it, and is known not to be in it.
        using var later = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var second = service.Send(organization, new AddContact("bob@example.org"), cancellation: later.Token);
        (await Should.ThrowAsync<LogUnavailableException>(second)).IsOutcomeKnown.ShouldBeTrue();
        (await readiness.Trouble(CancellationToken.None)).ShouldNotBeNull().ShouldContain("cannot be written");

        // Without a time of its own a caller waits as long as the session does.
        var third = service.Send(organization, new AddContact("cem@example.org"));
        (await Should.ThrowAsync<LogUnavailableException>(third)).IsOutcomeKnown.ShouldBeTrue();
        asked.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(40));

        await transaction.RollbackAsync();
        (await service.Send(organization, new AddContact("dan@example.org"))).Version.ShouldBe(1);
        (await readiness.Trouble(CancellationToken.None)).ShouldBeNull();
        (await service.Scalar<long>("select count(*) from backstage.contacts")).ShouldBe(1);
        await service.ShouldBeSound();
    }

    /// <summary>Stops the program at a moment at which its transaction is open and it is the program's turn.</summary>
    private static async Task StopInsideABatch(TestService service, AppendingProgram program)
    {
        while (true)
        {
            program.Stop();
            if (await IsInsideABatch(service))
                return;

            program.Continue();
        }
    }

    private static async Task<bool> IsInsideABatch(TestService service)
    {
        // The server may still be at work on what it was sent a moment ago.
        var seconds = 0.0;
        while (seconds is >= 0 and < 0.01)
        {
            seconds = await service.Scalar<double>(
                """
                select coalesce(min(extract(epoch from clock_timestamp() - a.state_change)), -1)::float8
                from pg_stat_activity a
                join pg_locks l on l.pid = a.pid and l.locktype = 'advisory' and l.granted
                where a.datname = current_database() and a.state = 'idle in transaction'
                """
            );
            await Task.Yield();
        }

        return seconds > 0;
    }

    private static JournalEntry Entry(string name, long position) =>
        new(0, JournalEntryKind.Safeguard, Event: name, Position: position);
}
