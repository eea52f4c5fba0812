using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Reads the whole log in its order, for followers and rebuilds. Holes in the sequence mean nothing, and so do the
/// tombstones with which Marten fills them.
/// </summary>
internal sealed class LogScanner(KeyRing keys)
{
    private const string Sql = """
        select e.seq_id, e.stream_id, e.version, e.type, e.timestamp, e.tenant_id, e.data::text, s.number,
            s.subject_key, e.headers::text
        from events.log e
        left join events.streams s on s.tenant_id = e.tenant_id and s.id = e.stream_id
        where e.seq_id > $1
        order by e.seq_id
        limit $2
        """;

    // Few enough that both cores are busy to the end, many enough that a stream's events mostly fall together.
    private const int RowsAtOnce = 256;

    /// <summary>The next events after a position, as stored; fewer than asked for at the end of the log.</summary>
    public static async Task<List<StoredRow>> ReadAfter(
        NpgsqlConnection connection,
        long position,
        int most,
        CancellationToken cancellation
    )
    {
        var stored = new List<StoredRow>(most);
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = position });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            stored.Add(StoredRow.Read(reader));

        return stored;
    }

    /// <summary>Decrypts and parses, which is most of the work: every event can be read for itself.</summary>
    public IReadOnlyList<RecordedEvent> Decode(List<StoredRow> stored)
    {
        var events = new RecordedEvent[stored.Count];
        try
        {
            if (events.Length > 0)
                Parallel.ForEach(
                    Partitioner.Create(0, events.Length, RowsAtOnce),
                    range => Decode(stored, events, range.Item1, range.Item2)
                );
        }
        catch (AggregateException all)
        {
            // Which event it was says the one inside.
            ExceptionDispatchInfo.Throw(all.InnerExceptions[0]);
        }

        return events;
    }

    private void Decode(List<StoredRow> stored, RecordedEvent[] events, int start, int end)
    {
        PersonalOpener? opener = null;
        try
        {
            for (var i = start; i < end; i++)
            {
                var row = stored[i];
                if (i == start || row.Stream != stored[i - 1].Stream || row.Tenant != stored[i - 1].Tenant)
                {
                    opener?.Dispose();
                    opener = row.WrappedKey is { } wrapped
                        ? SubjectKey.Unwrap(keys, wrapped, row.Tenant, row.Stream).OpenerOf(row.Tenant, row.Stream)
                        : null;
                }

                events[i] = row.Decode(opener);
            }
        }
        finally
        {
            opener?.Dispose();
        }
    }

    internal sealed record StoredRow(
        long Sequence,
        Guid Stream,
        long Version,
        string Name,
        DateTimeOffset RecordedAt,
        string Tenant,
        byte[] Data,
        long Number,
        byte[]? WrappedKey,
        string? Headers
    )
    {
        public static StoredRow Read(NpgsqlDataReader reader) =>
            new(
                reader.GetInt64(0),
                reader.GetGuid(1),
                reader.GetInt64(2),
                reader.GetString(3),
                reader.GetFieldValue<DateTimeOffset>(4),
                reader.GetString(5),
                reader.GetFieldValue<byte[]>(6),
                reader.IsDBNull(7) ? throw new ForeignEventException(reader.GetInt64(0)) : reader.GetInt64(7),
                reader.IsDBNull(8) ? null : reader.GetFieldValue<byte[]>(8),
                reader.IsDBNull(9) ? null : reader.GetString(9)
            );

        public RecordedEvent Decode(PersonalOpener? opener) =>
            new(
                Sequence,
                Tenant,
                Stream,
                Version,
                Number,
                RecordedAt,
                Name,
                EventCodec.Decode(Name, Data, opener, Stream, Version)
            )
            {
                By = EventHeaders.Read(Headers),
            };
    }
}

/// <summary>Another program wrote to the log, without what SchemaHub keeps beside a stream.</summary>
public sealed class ForeignEventException(long position)
    : Exception(
        $"SchemaHub did not write the event at position {position} of the log: its stream has no published number. "
            + "Followers stop there. Find the program that writes to the schema events, and restore a backup."
    );
