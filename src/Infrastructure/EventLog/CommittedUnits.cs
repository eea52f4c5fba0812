using Npgsql;
using SchemaHub.Application;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>What became of units whose commit was lost sight of.</summary>
internal static class CommittedUnits
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The connection broke while the commit was under way. The lock tells when the old transaction is over; then its
    /// events are there or not: no answers where they are not. Also the connection that has told.
    /// </summary>
    /// <exception cref="LogUnavailableException">It cannot be found out within the time.</exception>
    public static async Task<(NpgsqlConnection Connection, IReadOnlyList<AppendAnswer>? Answers)> FindOut(
        NpgsqlDataSource writer,
        IReadOnlyList<AppendUnit> units,
        Exception lost
    )
    {
        using var bound = new CancellationTokenSource(Longest);
        for (var pause = FirstPause; !bound.IsCancellationRequested; pause = pause < LongestPause ? 2 * pause : pause)
        {
            NpgsqlConnection? connection = null;
            try
            {
                connection = await WriterSession.Open(writer, bound.Token);
                return (connection, await Find(connection, units, bound.Token));
            }
            catch (Exception again) when (DatabaseOutage.Is(again) || bound.IsCancellationRequested)
            {
                if (connection is not null)
                    await connection.DisposeAsync();
            }

            await Task.Delay(pause, bound.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        throw new LogUnavailableException(
            "The event log was lost during a commit; whether it was stored is not known.",
            lost,
            isOutcomeKnown: false
        );
    }

    /// <summary>
    /// The answers of a batch that was committed, or null where it was not: a batch commits as a whole.
    /// </summary>
    private static async Task<IReadOnlyList<AppendAnswer>?> Find(
        NpgsqlConnection connection,
        IReadOnlyList<AppendUnit> units,
        CancellationToken cancellation
    )
    {
        var ids = units
            .SelectMany(unit => unit.Changed)
            .Select(stream =>
                (
                    stream.Tenant,
                    stream.Stream,
                    stream.Events[^1].Id,
                    Version: stream.ExpectedVersion + stream.Events.Count
                )
            )
            .ToList();
        await using var batch = new NpgsqlBatch(connection);
        batch.Add("begin");
        batch.Add("select pg_advisory_xact_lock($1)", new NpgsqlParameter<long> { TypedValue = BatchWriter.LockKey });
        batch.Add(
            """
            select e.id, e.seq_id, s.number
            from unnest($1, $2, $3, $4) as u (tenant_id, stream_id, id, version)
            join events.mt_events e on e.tenant_id = u.tenant_id and e.stream_id = u.stream_id and e.version = u.version
                and e.id = u.id
            join events.streams s on s.tenant_id = u.tenant_id and s.id = u.stream_id
            """,
            ids.Select(id => id.Tenant).Column(),
            ids.Select(id => id.Stream).Column(),
            ids.Select(id => id.Id).Column(),
            ids.Select(id => id.Version).Column()
        );
        batch.Add("commit");
        var found = new Dictionary<Guid, (long Sequence, long Number)>();
        await using (var reader = await batch.ExecuteReaderAsync(cancellation))
        {
            await reader.NextResultAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                found[reader.GetGuid(0)] = (reader.GetInt64(1), reader.GetInt64(2));
        }

        return found.Count == 0 ? null : [.. units.Select(unit => AnswerOf(unit, found))];
    }

    private static AppendAnswer AnswerOf(AppendUnit unit, Dictionary<Guid, (long Sequence, long Number)> found)
    {
        // A unit that is not there was refused, or appended nothing: decided anew, it meets its receipt, if it has one.
        if (unit.Changed.LastOrDefault() is not { } last || !found.TryGetValue(last.Events[^1].Id, out var there))
            return AppendAnswer.Conflict;

        var version = last.ExpectedVersion + last.Events.Count;
        return new AppendAnswer(
            AppendOutcome.Appended,
            unit.Unchanged is { } unchanged
                ? unchanged with
                {
                    Sequence = there.Sequence,
                }
                : new Position(last.Stream, version, there.Sequence, there.Number)
        );
    }
}
