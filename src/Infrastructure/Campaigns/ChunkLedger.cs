using System.Text.Json;
using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Hands the mails of campaigns to nodes, a chunk at a time, and takes back what a dead node had.</summary>
internal sealed class ChunkLedger(NpgsqlDataSource writer, TimeProvider clock, int node)
{
    /// <summary>"SEND": advisory locks of nodes have it as their first key, and the node's number as their second.</summary>
    public const int LockClass = 0x53_45_4E_44;

    // What was deferred and is due comes first: it has waited. Then what nobody has in hand any more, then new mails.
    private const string Deferred = """
        update sending.deferred d
        set node = $2
        where d.email_log_id in (
            select w.email_log_id from sending.deferred w
            where w.campaign_id = $1 and w.node is null and w.due_at <= $3
            order by w.due_at
            limit $4
            for update skip locked
        )
        returning d.email_log_id, d.attempts
        """;

    private const string LeftBehind = """
        update sending.chunks k
        set node = $2
        where k.campaign_id = $1 and k.first_id = (
            select w.first_id from sending.chunks w
            where w.campaign_id = $1 and w.node is null and not w.is_done
            order by w.first_id
            limit 1
            for update skip locked
        )
        returning k.first_id, k.last_id
        """;

    private const string New = """
        with run as (
            select r.next_id from sending.runs r
            join backstage.email_campaigns c on c.id = r.campaign_id and c.status = 'sending'
            where r.campaign_id = $1
            for update of r
        ),
        part as (
            select min(m.id) as first_id, max(m.id) as last_id
            from (
                select l.id from backstage.email_logs l
                where l.campaign_id = $1 and l.id >= (select next_id from run)
                order by l.id
                limit $3
            ) m
        ),
        moved as (
            update sending.runs r set next_id = p.last_id + 1
            from part p
            where r.campaign_id = $1 and p.first_id is not null
        )
        insert into sending.chunks (campaign_id, first_id, last_id, node)
        select $1, p.first_id, p.last_id, $2 from part p where p.first_id is not null
        returning first_id, last_id
        """;

    /// <summary>Takes mails of a campaign in hand; empty where there is nothing to do now.</summary>
    public async Task<IReadOnlyList<QueuedMail>> Take(ActiveCampaign campaign, CancellationToken cancellation)
    {
        var deferred = await Find(Deferred, campaign, cancellation, Now(), Int(RunLedger.ChunkMails));
        if (deferred.Count > 0)
            return await ReadDeferred(campaign, deferred, cancellation);

        // One that is empty by now is finished on the way.
        while (true)
        {
            var chunk = await Find(LeftBehind, campaign, cancellation);
            if (chunk.Count == 0)
                chunk = await Find(New, campaign, cancellation, Int(RunLedger.ChunkMails));

            if (chunk.Count == 0)
                return [];

            var (first, last) = chunk[0];
            var mails = await Read(campaign, first, last, cancellation);
            if (mails.Count > 0)
                return mails;

            await Finish(new SendChunk(campaign, first, 0), cancellation);
        }
    }

    /// <summary>A chunk has no mail in hand any more: it is done, or free for others.</summary>
    public async Task Finish(SendChunk chunk, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            chunk.FirstId is null
                ? "update sending.deferred set node = null where campaign_id = $1 and node = $2"
                : "update sending.chunks set node = null, is_done = $4 "
                    + "where campaign_id = $1 and first_id = $3 and node = $2"
        );
        command.Parameters.Add(Int(chunk.Campaign.Id));
        command.Parameters.Add(Int(node));
        if (chunk.FirstId is { } first)
        {
            command.Parameters.Add(Int(first));
            command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = !chunk.HasDropped });
        }

        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Mails that must wait for their domain's rate go back, until then.</summary>
    public async Task Defer(IReadOnlyList<(QueuedMail Mail, DateTimeOffset Due)> mails, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            insert into sending.deferred as d (email_log_id, campaign_id, due_at, attempts, node)
            select u.id, u.campaign_id, u.due_at, u.attempts, null
            from unnest($1, $2, $3, $4) as u (id, campaign_id, due_at, attempts)
            on conflict (email_log_id) do update set due_at = excluded.due_at, node = null
            """
        );
        command.Parameters.Add(mails.Select(one => one.Mail.Id).Column());
        command.Parameters.Add(mails.Select(one => one.Mail.Work.Campaign.Id).Column());
        command.Parameters.Add(mails.Select(one => one.Due).Column());
        command.Parameters.Add(mails.Select(one => one.Mail.Attempts).Column());
        await command.ExecuteNonQueryAsync(cancellation);
    }

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
    /// taken, and is handed over once more.
    /// </summary>
    /// <returns>How many mails are in doubt since.</returns>
    public async Task<int> TakeFromTheDead(CancellationToken cancellation)
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
                """
                with lost as (delete from sending.in_flight f where f.node = $1 returning f.email_log_id),
                doubted as (
                    update backstage.email_logs l set in_doubt = true
                    from lost
                    where l.id = lost.email_log_id and l.status = 'queued'
                    returning l.id, l.campaign_id
                ),
                again as (
                    insert into sending.deferred as d (email_log_id, campaign_id, due_at, attempts, node)
                    select u.id, u.campaign_id, $2, 0, null from doubted u
                    on conflict (email_log_id) do update set due_at = excluded.due_at, node = null
                )
                select count(*) from doubted
                """,
                Int(other),
                Now()
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

    private async Task<List<(int, int)>> Find(
        string sql,
        ActiveCampaign campaign,
        CancellationToken cancellation,
        params NpgsqlParameter[] more
    )
    {
        await using var command = writer.CreateCommand(sql);
        command.Parameters.Add(Int(campaign.Id));
        command.Parameters.Add(Int(node));
        foreach (var parameter in more)
            command.Parameters.Add(parameter);

        var found = new List<(int, int)>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            found.Add((reader.GetInt32(0), reader.GetInt32(1)));

        return found;
    }

    private const string Mails = """
        select l.id, l.contact_id, c.email, c.name, c.metadata::text, c.unsubscribe_token, coalesce(t.last_word & 1, 0) = 1
        from backstage.email_logs l
        join backstage.contacts c on c.id = l.contact_id
        cross join lateral (
            select max((h.id::bigint << 1) | (h.action <> 'unsubscribe')::int) as last_word
            from backstage.consent_history h
            where h.contact_id = l.contact_id and coalesce(h.metadata ->> 'purpose', 'tracking') = 'tracking'
        ) t
        """;

    private async Task<IReadOnlyList<QueuedMail>> Read(
        ActiveCampaign campaign,
        int first,
        int last,
        CancellationToken cancellation
    )
    {
        await using var command = writer.CreateCommand(
            $"""
            {Mails}
            where l.campaign_id = $1 and l.id between $2 and $3 and l.status = 'queued'
                and not exists (select from sending.deferred d where d.email_log_id = l.id)
            order by l.id
            """
        );
        command.Parameters.Add(Int(campaign.Id));
        command.Parameters.Add(Int(first));
        command.Parameters.Add(Int(last));
        var rows = await ReadRows(command, cancellation);
        var chunk = new SendChunk(campaign, first, rows.Count);
        return [.. rows.Select(row => row.Of(chunk, first, attempts: 0))];
    }

    private async Task<IReadOnlyList<QueuedMail>> ReadDeferred(
        ActiveCampaign campaign,
        List<(int Id, int Attempts)> deferred,
        CancellationToken cancellation
    )
    {
        await using var command = writer.CreateCommand(
            $"{Mails} where l.id = any ($1) and l.status = 'queued' order by l.id"
        );
        command.Parameters.Add(deferred.Select(mail => mail.Id).Column());
        var rows = await ReadRows(command, cancellation);
        // What got an outcome meanwhile waits for nothing any more.
        if (rows.Count < deferred.Count)
            await Forget(deferred.Select(mail => mail.Id).Except(rows.Select(row => row.Id)), cancellation);

        var chunks = await ReadChunks(campaign, cancellation);
        var attempts = deferred.ToDictionary(mail => mail.Id, mail => (short)mail.Attempts);
        var work = new SendChunk(campaign, firstId: null, rows.Count);
        return [.. rows.Select(row => row.Of(work, chunks.LastOrDefault(first => first <= row.Id), attempts[row.Id]))];
    }

    private async Task Forget(IEnumerable<int> settled, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            "delete from sending.deferred where email_log_id = any ($1) and node = $2"
        );
        command.Parameters.Add(settled.Column());
        command.Parameters.Add(Int(node));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<List<int>> ReadChunks(ActiveCampaign campaign, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            "select k.first_id from sending.chunks k where k.campaign_id = $1 order by k.first_id"
        );
        command.Parameters.Add(Int(campaign.Id));
        var chunks = new List<int>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            chunks.Add(reader.GetInt32(0));

        return chunks;
    }

    private static async Task<List<MailRow>> ReadRows(NpgsqlCommand command, CancellationToken cancellation)
    {
        var rows = new List<MailRow>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            rows.Add(
                new MailRow(
                    reader.GetInt32(0),
                    reader.GetInt32(1),
                    reader.GetString(2),
                    reader.IsDBNull(3) ? null : reader.GetString(3),
                    reader.IsDBNull(4) ? null : JsonSerializer.Deserialize<JsonElement>(reader.GetString(4)),
                    reader.IsDBNull(5) ? null : reader.GetString(5),
                    reader.GetBoolean(6)
                )
            );

        return rows;
    }

    private NpgsqlParameter<DateTimeOffset> Now() => new() { TypedValue = clock.GetUtcNow() };

    private static NpgsqlParameter<int> Int(int value) => new() { TypedValue = value };

    private sealed record MailRow(
        int Id,
        int ContactId,
        string Email,
        string? Name,
        JsonElement? Metadata,
        string? Token,
        bool IsTracked
    )
    {
        public QueuedMail Of(SendChunk work, int chunk, short attempts) =>
            new(work, Id, chunk, ContactId, attempts, Email, Name, Metadata, Token, IsTracked);
    }
}
