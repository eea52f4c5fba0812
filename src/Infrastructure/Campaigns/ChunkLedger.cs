using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Hands the mails of campaigns to nodes, a chunk at a time.</summary>
internal sealed partial class ChunkLedger(NpgsqlDataSource writer, TimeProvider clock, int node)
{
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
        returning d.email_log_id, d.attempts, d.doubts
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
        var deferred = await FindDeferred(campaign, cancellation);
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
        if (chunk.FirstId is { } first)
            await End(chunk, first, cancellation);
        else if (chunk.Dropped.Count > 0)
            await Free(chunk.Dropped, cancellation);
    }

    private async Task End(SendChunk chunk, int first, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            update sending.chunks set node = null, is_done = $4
            where campaign_id = $1 and first_id = $3 and node = $2
            """
        );
        command.Parameters.Add(Int(chunk.Campaign.Id));
        command.Parameters.Add(Int(node));
        command.Parameters.Add(Int(first));
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = chunk.Dropped.Count == 0 });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    // Only these: the others were deferred once more, and may be in hand again with another chunk.
    private async Task Free(IReadOnlyCollection<int> dropped, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            "update sending.deferred set node = null where email_log_id = any ($1) and node = $2"
        );
        command.Parameters.Add(dropped.Column());
        command.Parameters.Add(Int(node));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Mails that must wait for their domain's rate go back, until then.</summary>
    public async Task Defer(IReadOnlyList<(QueuedMail Mail, DateTimeOffset Due)> mails, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            insert into sending.deferred as d (email_log_id, campaign_id, due_at, attempts, doubts, node)
            select u.id, u.campaign_id, u.due_at, u.attempts, u.doubts, null
            from unnest($1, $2, $3, $4, $5) as u (id, campaign_id, due_at, attempts, doubts)
            on conflict (email_log_id) do update set due_at = excluded.due_at, node = null
            """
        );
        command.Parameters.Add(mails.Select(one => one.Mail.Id).Column());
        command.Parameters.Add(mails.Select(one => one.Mail.Work.Campaign.Id).Column());
        command.Parameters.Add(mails.Select(one => one.Due).Column());
        command.Parameters.Add(mails.Select(one => one.Mail.Attempts).Column());
        command.Parameters.Add(mails.Select(one => one.Mail.Doubts).Column());
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task<List<DeferredMail>> FindDeferred(ActiveCampaign campaign, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(Deferred);
        command.Parameters.Add(Int(campaign.Id));
        command.Parameters.Add(Int(node));
        command.Parameters.Add(Now());
        command.Parameters.Add(Int(RunLedger.ChunkMails));
        var found = new List<DeferredMail>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            found.Add(new DeferredMail(reader.GetInt32(0), reader.GetInt16(1), reader.GetInt16(2)));

        return found;
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

    private NpgsqlParameter<DateTimeOffset> Now() => new() { TypedValue = clock.GetUtcNow() };

    private static NpgsqlParameter<int> Int(int value) => new() { TypedValue = value };
}
