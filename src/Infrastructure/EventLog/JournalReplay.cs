using System.Text.Json;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Compliance;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;
using SchemaHub.Domain.Records;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Brings a database that is behind its journal up to it: withdrawals, suppressions and erasures that a restored
/// backup does not know happen again, also for addresses it never heard of. Everything can be repeated.
/// </summary>
internal static class JournalReplay
{
    private const int StreamsAtOnce = 500;

    public static async Task<JournalReplayResult> Run(
        Installation installation,
        IReadOnlyList<JournalEntry> entries,
        CancellationToken cancellation
    )
    {
        await using (var raising = await installation.Writer.OpenConnectionAsync(cancellation))
            await RaiseSequence(raising, installation.Journal.SequenceMark, cancellation);

        await using var reader = new LogReader(installation.Writer, installation.Keys);
        // Nothing is journalled while the journal itself is replayed: the database takes its number at the very end.
        var batches = new BatchWriter(
            installation.Appender,
            installation.BeginBatch,
            Projections.Of(installation),
            journal: null,
            TimeProvider.System
        );
        await using var writer = new LogWriter(batches);
        using var states = new StateCache();
        var streams = entries
            .Where(entry => entry.Kind == JournalEntryKind.Safeguard)
            .GroupBy(entry => (entry.Tenant, entry.Stream))
            .ToList();
        foreach (var chunk in streams.Chunk(StreamsAtOnce))
        {
            await Task.WhenAll(
                chunk.Select(stream =>
                    Again(
                        new EventLog(
                            writer,
                            reader,
                            states,
                            installation.Keys,
                            RunAs.SystemContext(stream.Key.Tenant!, SystemActors.System),
                            new CurrentRequest(),
                            new AnswerCipher(installation.Keys)
                        ),
                        stream.Key.Stream!.Value,
                        [.. stream],
                        cancellation
                    )
                )
            );
        }

        await using var connection = await installation.Writer.OpenConnectionAsync(cancellation);
        await JournalNumbers.Take(connection, entries.Max(entry => entry.Number), cancellation);
        return new JournalReplayResult(entries.Count, streams.Count);
    }

    /// <summary>
    /// Notes which database the journal goes with. Another one than last time is a restored one, even where nothing
    /// but ordinary events was lost: positions that it may have given out are skipped.
    /// </summary>
    public static async Task Recognize(Installation installation, CancellationToken cancellation)
    {
        var database = await Identify(installation, cancellation);
        var journal = installation.Journal;
        await using var connection = await installation.Writer.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // Other nodes may be at work, or at this same point.
        await JournalNumbers.Lock(connection, cancellation);
        journal.CatchUp();
        if (journal.Database != database)
            await RaiseSequence(connection, journal.SequenceMark, cancellation);

        var last = await LastPosition(connection, cancellation);
        if (journal.Database == database && last <= journal.SequenceMark)
            return;

        var number = journal.LastUsedNumber + 1;
        var entry = new JournalEntry(
            number,
            JournalEntryKind.Database,
            // What a replay has given out just now is not given out again after the next restore.
            SequenceMark: last > journal.SequenceMark ? last + BatchWriter.MarkAhead : null,
            Database: database,
            Installation: installation.Keys.InstallationId
        );
        await journal.Append(number, [entry]);
        await JournalNumbers.Take(connection, number, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>
    /// Whether the database is another one than the journal went with last, or is behind it: it was restored or moved,
    /// and what it would do next may have been done already. An empty one has nothing to do.
    /// </summary>
    /// <param name="missing">What the journal held and the database did not, under the log's lock.</param>
    public static async Task<bool> IsRestored(
        Installation installation,
        IReadOnlyList<JournalEntry> missing,
        CancellationToken cancellation
    )
    {
        if (Journal.IsRestored(missing))
            return true;

        if (installation.Journal.Database is not { } before || before == await Identify(installation, cancellation))
            return false;

        await using var connection = await installation.Writer.OpenConnectionAsync(cancellation);
        return await LastPosition(connection, cancellation) > 0;
    }

    // Restored in place, cluster and database are the same: the log's table has another file then.
    private static async Task<string> Identify(Installation installation, CancellationToken cancellation)
    {
        await using var identify = installation.Administrator.CreateCommand(
            """
            select s.system_identifier || '/' || d.oid || '/' || c.timeline_id || '/'
                || pg_relation_filenode('events.mt_events')
            from pg_control_system() s, pg_control_checkpoint() c, pg_database d
            where d.datname = current_database()
            """
        );
        return (string)(await identify.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task<long> LastPosition(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select case when s.is_called then s.last_value else 0 end from events.mt_events_sequence s",
            connection
        );
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static async Task Again(
        EventLog log,
        Guid stream,
        IReadOnlyList<JournalEntry> entries,
        CancellationToken cancellation
    )
    {
        var type = entries[0].StreamType;
        if (type == User.StreamType)
            await log.Change<User, UserEvent>(stream, user => user.RemoveAgain(), cancellation);
        else if (type == Invitation.StreamType)
            await log.Change<Invitation, InvitationEvent>(stream, invitation => invitation.Forget(), cancellation);
        else if (type == Record.StreamType)
            await log.Change<Record, RecordEvent>(
                stream,
                record => record.DeleteIfThere(record.Table ?? "", erases: true),
                cancellation
            );
        else if (type == PrivacyRequest.StreamType)
            await log.Change<PrivacyRequest, PrivacyRequestEvent>(stream, request => request.Forget(), cancellation);
        else
            await log.Change<Contact, ContactEvent>(stream, contact => Again(contact, entries), cancellation);
    }

    private static List<ContactEvent> Again(Contact contact, IEnumerable<JournalEntry> entries)
    {
        var all = new List<ContactEvent>();
        foreach (var entry in entries)
        {
            IReadOnlyList<ContactEvent> happened = Read(entry) switch
            {
                ConsentWithdrawn withdrawn => contact.Withdraw(
                    withdrawn.Purpose,
                    withdrawn.Source,
                    withdrawn.Reason,
                    evidence: null,
                    withdrawn.ImportId
                ),
                ContactSuppressed suppressed => contact.Suppress(
                    suppressed.Reason,
                    suppressed.Source,
                    evidence: null,
                    suppressed.ImportId
                ),
                ContactErased erased => contact.Erase(erased.Source, erased.Reason),
                EvidencePurged purged => contact.Purge(purged),
                ContactRestricted restricted => contact.RestrictAgain(restricted),
                RestrictionLifted lifted => contact.LiftAgain(lifted),
                var other => throw new JournalException(
                    $"The journal holds a {other.GetType().Name}, which cannot be replayed."
                ),
            };
            foreach (var one in happened)
                contact = contact.Apply(one);

            all.AddRange(happened);
        }

        return all;
    }

    private static object Read(JournalEntry entry) =>
        EventCodec.Decode(
            entry.Event!,
            JsonSerializer.Serialize(entry.Data),
            key: null,
            entry.Tenant!,
            entry.Stream!.Value,
            version: 0
        );

    // Positions are published ids: what was given out before the restore is never given out again.
    private static async Task RaiseSequence(NpgsqlConnection connection, long mark, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            select setval('events.mt_events_sequence', $1)
            where $1 > (select s.last_value from events.mt_events_sequence s)
            """,
            connection
        );
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = mark });
        await command.ExecuteNonQueryAsync(cancellation);
    }
}

/// <summary>What a replay of the journal did.</summary>
public sealed record JournalReplayResult(long Entries, long Contacts);
