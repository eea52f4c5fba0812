using System.Runtime.InteropServices;
using System.Text.Json;
using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <content>What a chunk's mails are filled in with.</content>
internal sealed partial class ChunkLedger
{
    private const string Mails = """
        select l.id, l.contact_id, c.email, c.name, c.metadata::text, c.unsubscribe_token,
            coalesce(t.last_word & 1, 0) = 1
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
        return [.. rows.Select(row => row.Of(chunk, first, before: default))];
    }

    private async Task<IReadOnlyList<QueuedMail>> ReadDeferred(
        ActiveCampaign campaign,
        List<DeferredMail> deferred,
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
        var before = deferred.ToDictionary(mail => mail.Id);
        var work = new SendChunk(campaign, firstId: null, rows.Count);
        return [.. rows.Select(row => row.Of(work, chunks.LastOrDefault(first => first <= row.Id), before[row.Id]))];
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
        public QueuedMail Of(SendChunk work, int chunk, DeferredMail before) =>
            new(work, Id, chunk, ContactId, before.Attempts, before.Doubts, Email, Name, Metadata, Token, IsTracked);
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct DeferredMail(int Id, short Attempts, short Doubts);
}
