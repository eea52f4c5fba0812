using System.Globalization;
using System.Text.Json;
using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Writes to the outside journal to whom a campaign's mails are about to be handed over, and what became of them. A
/// restored database learns from it who has the mail already. One entry for hundreds of mails, on disk before the first
/// of them is handed over; what became of them is written with the next entry, or a second later.
/// </summary>
internal sealed class HandOverJournal(NpgsqlDataSource writer, Journal journal, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _alone = new(1, 1);
    private readonly Lock _gate = new();
    private List<JournalEntry> _ended = [];

    // The number whose commit was not answered, or 0: taken back once the lock shows that it did not happen.
    private long _unanswered;

    /// <summary>Mails are about to be handed over.</summary>
    /// <returns>The entry's number, for <see cref="End"/>.</returns>
    /// <exception cref="JournalException">It cannot be written; nothing may be handed over.</exception>
    public Task<long> Begin(int campaign, Guid organization, IEnumerable<int> contacts, CancellationToken cancellation)
    {
        var begun = new BegunMails(campaign, clock.GetUtcNow(), PackedIds.Pack(contacts));
        return Write(Entry(JournalEntryKind.MailsBegun, organization, begun), cancellation);
    }

    /// <summary>Each of the mails of an entry has its outcome, and the ledger knows it.</summary>
    /// <param name="notSent">Contacts whose mails were not taken, or perhaps not.</param>
    /// <param name="inDoubt">Those of them whose mails may have been taken.</param>
    public void End(long begun, Guid organization, IEnumerable<int> notSent, IEnumerable<int> inDoubt)
    {
        var ended = new EndedMails(begun, PackedIds.Pack(notSent), PackedIds.Pack(inDoubt));
        lock (_gate)
            _ended.Add(Entry(JournalEntryKind.MailsEnded, organization, ended));
    }

    /// <summary>Writes what has ended and is not written yet.</summary>
    public async Task Flush(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_ended.Count == 0)
                return;
        }

        await Write(begun: null, cancellation);
    }

    public void Dispose() => _alone.Dispose();

    private async Task<long> Write(JournalEntry? begun, CancellationToken cancellation)
    {
        await _alone.WaitAsync(cancellation);
        var ended = Take();
        try
        {
            List<JournalEntry> entries = begun is null ? ended : [.. ended, begun];
            return entries.Count == 0 ? 0 : await Commit(entries, cancellation);
        }
        catch
        {
            lock (_gate)
                _ended.InsertRange(0, ended);

            throw;
        }
        finally
        {
            _alone.Release();
        }
    }

    private List<JournalEntry> Take()
    {
        lock (_gate)
        {
            var ended = _ended;
            _ended = [];
            return ended;
        }
    }

    /// <summary>
    /// As a batch of the log does it: under the log's lock, on disk before the commit that takes the number.
    /// </summary>
    private async Task<long> Commit(List<JournalEntry> entries, CancellationToken cancellation)
    {
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var known = await JournalNumbers.Lock(connection, cancellation);
        journal.CatchUp();
        if (_unanswered > known && _unanswered == journal.LastNumber)
            await JournalNumbers.Write(connection, takeOver => journal.Void(_unanswered, takeOver), cancellation);

        _unanswered = 0;
        if (journal.LastNumber < known || (journal.LastNumber > known && journal.IsRestored(known)))
            throw new JournalException(
                "The journal and the database do not go together: one of them was replaced while the service ran. "
                    + "Stop it, and see `schemahub restore reapply`."
            );

        var number = Math.Max(known, journal.LastUsedNumber) + 1;
        await JournalNumbers.Take(connection, number, cancellation);
        // From here on it is written, or known not to be: giving up in between would leave a number in question.
        await JournalNumbers.Write(
            connection,
            takeOver => journal.Append(number, entries, takeOver),
            CancellationToken.None
        );
        _unanswered = number;
        await transaction.CommitAsync(CancellationToken.None);
        _unanswered = 0;
        return number;
    }

    private static JournalEntry Entry<T>(JournalEntryKind kind, Guid organization, T data) =>
        new(
            Number: 0,
            kind,
            Tenant: organization.ToString("D", CultureInfo.InvariantCulture),
            Data: JsonSerializer.SerializeToElement(data, JsonSerializerOptions.Web)
        );
}

/// <summary>Mails that are about to be handed over, as the journal keeps them.</summary>
/// <param name="Contacts"><see cref="PackedIds"/>.</param>
internal sealed record BegunMails(int Campaign, DateTimeOffset At, string Contacts);

/// <summary>What became of mails that were begun, as the journal keeps it.</summary>
/// <param name="Begun">The number of the entry they were begun with.</param>
/// <param name="NotSent"><see cref="PackedIds"/>.</param>
/// <param name="InDoubt"><see cref="PackedIds"/>.</param>
internal sealed record EndedMails(long Begun, string NotSent, string InDoubt);

/// <summary>
/// Ids in base64, in ascending order, each as its distance from the one before in seven bits a byte: a byte or two for
/// neighbours.
/// </summary>
internal static class PackedIds
{
    public static string Pack(IEnumerable<int> ids)
    {
        var bytes = new List<byte>();
        var last = 0;
        foreach (var id in ids.Order())
        {
            var distance = (uint)(id - last);
            for (; distance >= 0x80; distance >>= 7)
                bytes.Add((byte)(distance | 0x80));

            bytes.Add((byte)distance);
            last = id;
        }

        return Convert.ToBase64String([.. bytes]);
    }

    public static IReadOnlyList<int> Unpack(string packed)
    {
        var ids = new List<int>();
        var (last, distance, shift) = (0, 0, 0);
        foreach (var one in Convert.FromBase64String(packed))
        {
            distance |= (one & 0x7F) << shift;
            shift += 7;
            if (one >= 0x80)
                continue;

            last += distance;
            ids.Add(last);
            (distance, shift) = (0, 0);
        }

        return ids;
    }
}
