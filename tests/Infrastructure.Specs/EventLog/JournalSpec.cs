using System.Text.Json;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Specs.Database;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>The journal outside the database, and a database that is not quite where the journal is.</summary>
public sealed class JournalSpec
{
    private static readonly JsonElement Newsletter = JsonDocument
        .Parse("""{"purpose":"newsletter","source":"email_link"}""")
        .RootElement;

    [Test]
    public async Task A_torn_last_line_is_dropped_and_what_comes_next_is_whole()
    {
        await using var stopped = await StoppedInstallation.Create();
        var whole = await File.ReadAllTextAsync(stopped.Journal);
        // Several lines of one batch, of which the disk kept some: the last has its end, and not its middle.
        await File.AppendAllTextAsync(stopped.Journal, whole.Split('\n')[^2][..50] + new string('\0', 400) + "\n");

        await using (var service = await stopped.Start())
            await service.Send(stopped.Organization, new WithdrawConsent(stopped.Contacts[2]));

        await using var again = await stopped.Start();
        var entries = again.Installation.Journal.ReadAfter(0);
        entries.Count(entry => entry.Kind == JournalEntryKind.Safeguard).ShouldBe(3);
        (await File.ReadAllTextAsync(stopped.Journal)).ShouldStartWith(whole);
    }

    [Test]
    public async Task A_number_that_was_taken_back_is_no_entry_and_is_not_used_again()
    {
        await using var stopped = await StoppedInstallation.Create();
        var journal = Journal.Open(stopped.Keys);
        var before = journal.LastNumber;
        await journal.Append(before + 1, [Withdrawal(stopped, 2)]);
        await journal.Void(before + 1);

        var other = Journal.Open(stopped.Keys);
        other.LastNumber.ShouldBe(before);
        other.LastUsedNumber.ShouldBe(before + 1);
        other.ReadAfter(before).ShouldBeEmpty();
        other.IsRestored(before).ShouldBeFalse();
    }

    [Test]
    public async Task What_the_database_refused_at_its_commit_is_taken_back_from_the_journal()
    {
        await using var stopped = await StoppedInstallation.Create();
        await using (var service = await stopped.Start())
        {
            await service.Send(stopped.Organization, new ChangeContact(stopped.Contacts[2], "late", Metadata: null));
            await service.Execute(
                """
                create function backstage.refuse() returns trigger language plpgsql
                as $$ begin raise exception 'too late'; end $$;
                create constraint trigger late after update on backstage.contacts deferrable initially deferred
                    for each row when (new.name = 'late') execute function backstage.refuse()
                """
            );
            for (var i = 0; i < 2; i++)
                await Should.ThrowAsync<PostgresException>(
                    service.Send(stopped.Organization, new WithdrawConsent(stopped.Contacts[2]))
                );

            var added = await service.Send(stopped.Organization, new AddContact("dan@example.org"));
            await service.Send(stopped.Organization, new WithdrawConsent(added.Number));
        }

        await using var again = await stopped.Start();
        again.Installation.Replayed.ShouldBeNull();
        again.Installation.Journal.ReadAfter(0).Count(entry => entry.Stream is not null).ShouldBe(3);
        (await again.Scalar<int>("select id from backstage.contacts where subscribed")).ShouldBe(
            (int)stopped.Contacts[2]
        );
    }

    [Test]
    public async Task Two_nodes_that_share_a_journal_read_what_the_other_wrote()
    {
        await using var stopped = await StoppedInstallation.Create();
        var one = Journal.Open(stopped.Keys);
        var other = Journal.Open(stopped.Keys);
        for (var i = 0; i < 20; i++)
        {
            var (writer, reader) = i % 2 == 0 ? (one, other) : (other, one);
            writer.CatchUp();
            await writer.Append(writer.LastUsedNumber + 1, [Withdrawal(stopped, 0), Withdrawal(stopped, 1)]);
            reader.CatchUp();
            reader.LastNumber.ShouldBe(writer.LastNumber);
        }

        one.ReadAfter(0).Count.ShouldBe(Journal.Open(stopped.Keys).ReadAfter(0).Count);
    }

    [Test]
    public async Task A_journal_one_entry_ahead_is_a_crash_and_heals_itself()
    {
        await using var stopped = await StoppedInstallation.Create();
        var journal = Journal.Open(stopped.Keys);
        await journal.Append(journal.LastUsedNumber + 1, [Withdrawal(stopped, 2)]);

        await using var service = await stopped.Start();

        service.Installation.Replayed.ShouldBe(new JournalReplayResult(Entries: 1, Contacts: 1));
        (await service.Scalar<long>("select count(*) from backstage.contacts where subscribed")).ShouldBe(0);
        await service.ShouldBeSound();
        await using var again = await stopped.Start();
        again.Installation.Replayed.ShouldBeNull();
    }

    [Test]
    public async Task A_journal_two_entries_ahead_is_a_restored_database_and_refused_until_it_is_reapplied()
    {
        await using var stopped = await StoppedInstallation.Create();
        var journal = Journal.Open(stopped.Keys);
        await journal.Append(journal.LastUsedNumber + 1, [Withdrawal(stopped, 1)]);
        await journal.Append(journal.LastUsedNumber + 1, [Withdrawal(stopped, 2)]);

        (await stopped.ShouldBeRefused<JournalException>()).ShouldContain("restore reapply");
        await using (var service = await stopped.Start(restoring: true))
            (await service.Scalar<long>("select count(*) from backstage.contacts where subscribed")).ShouldBe(0);

        await using var again = await stopped.Start();
        again.Installation.Replayed.ShouldBeNull();
    }

    [Test]
    public async Task A_node_that_starts_while_another_is_busy_does_not_take_the_database_for_a_restored_one()
    {
        await using var stopped = await StoppedInstallation.Create();
        await using var busy = await stopped.Start();
        using var stop = new CancellationTokenSource();
        var withdrawing = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var added = await busy.Send(stopped.Organization, new AddContact($"p{i}@example.org"));
                await busy.Send(stopped.Organization, new WithdrawConsent(added.Number));
            }
        });

        for (var node = 0; node < 10; node++)
        {
            await using var another = await stopped.Start();
            another.Installation.Replayed.ShouldBeNull();
        }

        await stop.CancelAsync();
        await withdrawing;
        await busy.ShouldBeSound();
    }

    [Test]
    public async Task A_start_beside_a_batch_between_its_journal_entry_and_its_commit_holds_nothing_back()
    {
        await using var stopped = await StoppedInstallation.Create();
        var journal = Journal.Open(stopped.Keys);
        // A node that crashed between the journal and its commit, and another one that writes the next number.
        var crashed = journal.LastUsedNumber + 1;
        await journal.Append(crashed, [Withdrawal(stopped, 2)]);
        await using var other = new NpgsqlConnection(stopped.ConnectionString + ";Pooling=false");
        await other.OpenAsync();
        await Execute(other, $"select pg_advisory_lock({Migrator.LockKey})");
        var starting = stopped.Start();
        await Eventually.True(() => IsWaitedFor(other));

        await Execute(other, $"begin; select pg_advisory_xact_lock({BatchWriter.LockKey})");
        await journal.Append(crashed + 1, [Withdrawal(stopped, 1)]);
        await Execute(other, $"update events.safekeeping set journal_number = {crashed + 1}");
        await Execute(other, $"select pg_advisory_unlock({Migrator.LockKey})");
        await Eventually.True(() => IsWaitedFor(other));
        await Execute(other, "commit");

        await using var service = await starting;
        service.Installation.Replayed.ShouldBe(new JournalReplayResult(Entries: 1, Contacts: 1));
        (await service.Rows("sending.held_work")).ShouldBeEmpty();
    }

    [Test]
    public async Task A_database_that_was_restored_under_a_running_service_takes_no_withdrawal()
    {
        await using var stopped = await StoppedInstallation.Create();
        await using var service = await stopped.Start();
        await service.Execute("update events.safekeeping set journal_number = journal_number - 2");

        var withdrawing = service.Send(stopped.Organization, new WithdrawConsent(stopped.Contacts[2]));

        (await Should.ThrowAsync<LogUnavailableException>(withdrawing))
            .InnerException.ShouldBeOfType<JournalException>()
            .Message.ShouldContain("restore reapply");
    }

    // Not pg_stat_activity, which a transaction reads once.
    private static async Task<bool> IsWaitedFor(NpgsqlConnection holder)
    {
        await using var command = new NpgsqlCommand(
            """
            select exists (
                select from pg_locks l where not l.granted and pg_backend_pid() = any (pg_blocking_pids(l.pid))
            )
            """,
            holder
        );
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private static async Task Execute(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static JournalEntry Withdrawal(StoppedInstallation stopped, int contact)
    {
        using var source = NpgsqlDataSource.Create(stopped.ConnectionString);
        using var find = source.CreateCommand("select e.stream_id from events.mt_events e where e.seq_id = $1");
        find.Parameters.AddWithValue(stopped.Contacts[contact]);
        return new JournalEntry(
            0,
            JournalEntryKind.Safeguard,
            stopped.Organization.ToString(),
            (Guid)find.ExecuteScalar()!,
            "contact",
            "consent_withdrawn",
            Newsletter
        );
    }
}
