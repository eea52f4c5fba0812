using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>The processes that send: how many there are, and what those that died had in hand.</summary>
internal sealed class DeadNodes(NpgsqlDataSource writer, TimeProvider clock, int node)
{
    /// <summary>
    /// "SEND": advisory locks of nodes have it as their first key, and the node's number as their second.
    /// </summary>
    public const int LockClass = 0x53_45_4E_44;

    // What was in flight goes back to the queue, in doubt; the third time it has failed.
    private const string Doubt = """
        with lost as (
            delete from sending.in_flight f where f.node = $1
            returning f.email_log_id,
                coalesce((select d.doubts from sending.deferred d where d.email_log_id = f.email_log_id), 0) + 1
                    as doubts
        ),
        doubted as (
            update backstage.email_logs l
            set in_doubt = true,
                status = case when lost.doubts < $3 then 'queued' else 'failed' end,
                error_message = case when lost.doubts < $3 then l.error_message else $4 end
            from lost
            where l.id = lost.email_log_id and l.status = 'queued'
            returning l.id, l.campaign_id, lost.doubts
        ),
        again as (
            insert into sending.deferred as d (email_log_id, campaign_id, due_at, attempts, doubts, node)
            select u.id, u.campaign_id, $2, 0, u.doubts, null from doubted u where u.doubts < $3
            on conflict (email_log_id) do update
                set due_at = excluded.due_at, doubts = excluded.doubts, node = null
        ),
        ended as (
            delete from sending.deferred d using doubted u where d.email_log_id = u.id and u.doubts >= $3
        ),
        counted as (
            update sending.chunks k
            set failed = k.failed + n.mails
            from (
                select o.campaign_id, o.chunk, count(*) as mails
                from (
                    select u.campaign_id, (
                        select max(c.first_id) from sending.chunks c
                        where c.campaign_id = u.campaign_id and c.first_id <= u.id
                    ) as chunk
                    from doubted u
                    where u.doubts >= $3
                ) o
                group by o.campaign_id, o.chunk
            ) n
            where k.campaign_id = n.campaign_id and k.first_id = n.chunk
        )
        select count(*) from doubted
        """;

    /// <summary>How many processes send, this one among them.</summary>
    public async Task<int> CountNodes(CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            select count(*)::integer from pg_catalog.pg_locks l
            join pg_catalog.pg_database d on d.oid = l.database and d.datname = current_database()
            where l.locktype = 'advisory' and l.classid = $1 and l.objsubid = 2 and l.granted
            """
        );
        command.Parameters.Add(
            new NpgsqlParameter<uint> { TypedValue = LockClass, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid }
        );
        return (int)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>
    /// Takes from nodes that died what they had in hand. What they were handing over is in doubt: it may have been
    /// taken, and is handed over once more, three times in all.
    /// </summary>
    /// <returns>How many mails are in doubt since.</returns>
    public async Task<int> TakeOver(CancellationToken cancellation)
    {
        var inDoubt = 0;
        foreach (var other in await FindOthers(cancellation))
        {
            await using var connection = await writer.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await using var attempt = new NpgsqlCommand("select pg_try_advisory_xact_lock($1, $2)", connection);
            attempt.Parameters.Add(Int(LockClass));
            attempt.Parameters.Add(Int(other));
            // While it holds its lock it lives.
            if (await attempt.ExecuteScalarAsync(cancellation) is not true)
                continue;

            await using var batch = new NpgsqlBatch(connection, transaction);
            // First, so that nothing the node asked for a moment ago comes to be in flight after this.
            batch.Add("update sending.chunks set node = null where node = $1", Int(other));
            batch.Add("update sending.deferred set node = null where node = $1", Int(other));
            batch.Add(
                Doubt,
                Int(other),
                Now(),
                Int(SendLane.MostDoubts),
                new NpgsqlParameter<string> { TypedValue = SendLane.GivenUp }
            );
            inDoubt += await Count(batch, cancellation);
            await transaction.CommitAsync(cancellation);
        }

        return inDoubt;
    }

    private static async Task<int> Count(NpgsqlBatch batch, CancellationToken cancellation)
    {
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        while (reader.FieldCount == 0)
            await reader.NextResultAsync(cancellation);

        await reader.ReadAsync(cancellation);
        return (int)reader.GetInt64(0);
    }

    private async Task<IReadOnlyList<int>> FindOthers(CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            select k.node from sending.chunks k where k.node <> $1
            union
            select f.node from sending.in_flight f where f.node <> $1
            union
            select d.node from sending.deferred d where d.node <> $1
            """
        );
        command.Parameters.Add(Int(node));
        var others = new List<int>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            others.Add(reader.GetInt32(0));

        return others;
    }

    private NpgsqlParameter<DateTimeOffset> Now() => new() { TypedValue = clock.GetUtcNow() };

    private static NpgsqlParameter<int> Int(int value) => new() { TypedValue = value };
}
