using Npgsql;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>A campaign that is being sent, or was and is not cleared up.</summary>
/// <param name="IsFrozen">Its mails lie in the ledger.</param>
internal sealed record RunState(
    int CampaignId,
    Guid Organization,
    string Slug,
    string Status,
    bool IsFrozen,
    bool Waits
);

/// <summary>What became of a campaign's mails.</summary>
internal sealed record RunTotals(int Sent, int Failed, int Withheld, int InDoubt);

/// <summary>Where the sending of campaigns stands, shared by all nodes.</summary>
internal sealed class RunLedger(NpgsqlDataSource writer, TimeProvider clock)
{
    /// <summary>Mails that a node takes in hand at once.</summary>
    public const int ChunkMails = 500;

    /// <summary>What there is to do.</summary>
    public async Task<IReadOnlyList<RunState>> FindRuns(CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            select c.id, c.organization_id, o.slug, c.status, r.campaign_id is not null,
                coalesce(r.waits_until > $1, false) or exists (
                    select from sending.held_campaigns h where h.campaign_id = c.id and h.released_at is null
                )
            from backstage.email_campaigns c
            join access.organizations o on o.id = c.organization_id
            left join sending.runs r on r.campaign_id = c.id
            where c.status = 'sending'
            union all
            select c.id, c.organization_id, o.slug, c.status, true, false
            from sending.runs r
            join backstage.email_campaigns c on c.id = r.campaign_id
            join access.organizations o on o.id = c.organization_id
            where not r.is_over and c.status not in ('sending', 'paused')
            order by 1
            """
        );
        command.Parameters.Add(Now());
        var runs = new List<RunState>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            runs.Add(
                new RunState(
                    reader.GetInt32(0),
                    reader.GetGuid(1),
                    reader.GetString(2),
                    reader.GetString(3),
                    reader.GetBoolean(4),
                    reader.GetBoolean(5)
                )
            );

        return runs;
    }

    /// <summary>
    /// Freezes to whom a campaign goes: a queued mail for everybody with a consent in force, all of them or none.
    /// </summary>
    /// <returns>How many; null where another node did it.</returns>
    public async Task<int?> Freeze(int campaignId, Guid organization, CampaignPlan plan, CancellationToken cancellation)
    {
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // The row is the right to freeze: who else tries waits here, and finds it.
        await using (
            var claim = new NpgsqlCommand(
                """
                insert into sending.runs (campaign_id, organization_id, recipients, next_id) values ($1, $2, 0, 0)
                on conflict (campaign_id) do nothing
                """,
                connection
            )
        )
        {
            claim.Parameters.Add(new NpgsqlParameter<int> { TypedValue = campaignId });
            claim.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = organization });
            if (await claim.ExecuteNonQueryAsync(cancellation) == 0)
                return null;
        }

        await using var batch = new NpgsqlBatch(connection, transaction) { Timeout = 0 };
        batch.BatchCommands.Add(new NpgsqlBatchCommand("set local work_mem = '256MB'"));
        batch.BatchCommands.Add(Recipients.Freeze(campaignId, organization, plan, clock.GetUtcNow()));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        var total = reader.GetInt32(0);
        await reader.DisposeAsync();
        await transaction.CommitAsync(cancellation);
        return total;
    }

    /// <summary>How many recipients a frozen campaign has.</summary>
    public async Task<int> CountRecipients(int campaignId, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            "select r.recipients from sending.runs r where r.campaign_id = $1"
        );
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = campaignId });
        return (int)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Nothing is tried before the quota may have room again.</summary>
    public async Task Wait(int campaignId, DateTimeOffset until, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            "update sending.runs set waits_until = $2 where campaign_id = $1"
        );
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = campaignId });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = until });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>What a campaign came to, once every mail has an outcome; null before.</summary>
    public async Task<RunTotals?> FindTotals(int campaignId, CancellationToken cancellation)
    {
        if (!await IsDone(campaignId, cancellation))
            return null;

        await using var command = writer.CreateCommand(
            """
            select count(*) filter (where l.status in ('sent', 'delivered', 'bounced')),
                count(*) filter (where l.status = 'failed'), count(*) filter (where l.status = 'withheld'),
                count(*) filter (where l.in_doubt)
            from backstage.email_logs l
            where l.campaign_id = $1
            """
        );
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = campaignId });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation)
            ? new RunTotals(
                (int)reader.GetInt64(0),
                (int)reader.GetInt64(1),
                (int)reader.GetInt64(2),
                (int)reader.GetInt64(3)
            )
            : null;
    }

    // Asked often, and counted once: the answers are looked for one by one, each by its key.
    private async Task<bool> IsDone(int campaignId, CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            select not exists (select from sending.chunks k where k.campaign_id = $1 and not k.is_done)
                and not exists (select from sending.deferred d where d.campaign_id = $1)
                and not exists (select from sending.in_flight f where f.campaign_id = $1)
                and not exists (
                    select from backstage.email_logs n
                    where n.campaign_id = $1
                        and n.id >= (select r.next_id from sending.runs r where r.campaign_id = $1)
                )
            """
        );
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = campaignId });
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    /// <summary>
    /// Clears up after a campaign that is over. Of a cancelled one, what is still queued is not sent any more; what is
    /// being handed over at this moment gets its outcome first.
    /// </summary>
    public async Task ClearUp(RunState run, CancellationToken cancellation)
    {
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        string[] statements =
        [
            // Only once nothing is in flight: an outcome is counted in its chunk, which must be there.
            """
                with gone as (
                    delete from sending.chunks k
                    where k.campaign_id = $1
                        and not exists (select from sending.in_flight f where f.campaign_id = $1)
                    returning k.sent, k.failed, k.withheld
                )
                insert into sending.chunks (campaign_id, first_id, last_id, sent, failed, withheld, is_done)
                select $1, 0, 0, sum(g.sent), sum(g.failed), sum(g.withheld), true
                from gone g
                having count(*) > 0
                """,
            """
                update backstage.email_logs l set status = 'cancelled'
                where l.campaign_id = $1 and l.status = 'queued'
                    and not exists (select from sending.in_flight f where f.email_log_id = l.id)
                """,
            "delete from sending.deferred d where d.campaign_id = $1",
            "delete from sending.handed_over h where h.campaign_id = $1",
            "update backstage.email_campaigns c set sent_count = k.sent from sending.chunks k "
                + "where c.id = $1 and k.campaign_id = $1 and k.first_id = 0",
            """
                update sending.runs r set is_over = true
                where r.campaign_id = $1
                    and not exists (select from sending.in_flight f where f.campaign_id = r.campaign_id)
                    and not exists (
                        select from sending.chunks k where k.campaign_id = r.campaign_id and k.first_id <> 0
                    )
                """,
        ];
        foreach (var sql in statements)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = run.CampaignId });
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Shows in the published table how many were sent so far.</summary>
    public async Task ShowProgress(CancellationToken cancellation)
    {
        await using var command = writer.CreateCommand(
            """
            update backstage.email_campaigns c
            set sent_count = k.sent
            from (
                select k.campaign_id, sum(k.sent) as sent
                from sending.chunks k
                join sending.runs r on r.campaign_id = k.campaign_id and not r.is_over
                group by k.campaign_id
            ) k
            where c.id = k.campaign_id and c.sent_count <> k.sent
            """
        );
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private NpgsqlParameter<DateTimeOffset> Now() => new() { TypedValue = clock.GetUtcNow() };
}
