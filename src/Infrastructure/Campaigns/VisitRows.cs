using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Visits as rows, written by the writer for every tenant at once: the mail tells whose it is. Neither an address nor
/// the agent's own words are kept.
/// </summary>
internal sealed class VisitRows(NpgsqlDataSource writer)
{
    // More than a mail that is read again and again has; a table that anybody can fill by reloading a picture ends.
    private const int MostRowsOfMail = 100;

    // The last word on tracking, as everybody who is written to by it (ConsentAsOf): a row without a purpose is about
    // all of them. By the id as bigint, so that the contact's index is taken and not the primary key's order.
    private const string Mails = """
        select l.id, l.sent_at, $2 - (
                select count(*) from (
                    select from backstage.email_events e
                    where e.email_log_id = l.id and e.event_type in ('opened', 'clicked') limit $2
                ) k
            )::int
        from unnest($1::int[]) as u (id)
        join backstage.email_logs l on l.id = u.id
        where (
            select h.action <> 'unsubscribe'
            from backstage.consent_history h
            where h.contact_id = l.contact_id and coalesce(h.metadata ->> 'purpose', 'tracking') = 'tracking'
            order by h.id::bigint desc
            limit 1
        )
        """;

    private const string Clicks = """
        select e.email_log_id, e.id, e.timestamp, e.metadata ->> 'link',
            coalesce(e.metadata ->> 'machine' = 'true', false)
        from backstage.email_events e
        where e.email_log_id = any ($1::int[]) and e.event_type = 'clicked' and e.timestamp >= $2
        """;

    private const string Insert = """
        insert into backstage.email_events (email_log_id, event_type, timestamp, metadata, organization_id)
        select l.id, u.event_type, u.at, u.metadata, l.organization_id
        from unnest($1, $2, $3, $4) as u (id, event_type, at, metadata)
        join backstage.email_logs l on l.id = u.id
        order by u.at
        """;

    private const string Correct = """
        update backstage.email_events e
        set metadata = e.metadata || jsonb_build_object('machine', true, 'rule', u.rule)
        from unnest($1, $2) as u (id, rule)
        where e.id = u.id
        """;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>The visited mails whose person agrees to be counted now.</summary>
    /// <param name="memory">How far back clicks matter.</param>
    public async Task<IReadOnlyDictionary<int, VisitedMail>> Read(
        IReadOnlyList<Visit> visits,
        TimeSpan memory,
        CancellationToken cancellation
    )
    {
        var mails = visits.Select(visit => visit.EmailLog).Distinct().ToList();
        var since = visits.Min(visit => visit.At) - memory;
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(Mails, mails.Column(), new NpgsqlParameter<int> { TypedValue = MostRowsOfMail });
        batch.Add(
            Clicks,
            mails.Column(),
            new NpgsqlParameter
            {
                NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Timestamp,
                Value = DateTime.SpecifyKind(since.UtcDateTime, DateTimeKind.Unspecified),
            }
        );
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var found = new Dictionary<int, (DateTimeOffset? SentAt, int Room)>();
        while (await reader.ReadAsync(cancellation))
            found[reader.GetInt32(0)] = (
                await reader.IsDBNullAsync(1, cancellation) ? null : Utc(reader.GetDateTime(1)),
                reader.GetInt32(2)
            );

        await reader.NextResultAsync(cancellation);
        var clicks = new List<(int Mail, KeptClick Click)>();
        while (await reader.ReadAsync(cancellation))
            clicks.Add(
                (
                    reader.GetInt32(0),
                    new KeptClick(
                        reader.GetInt32(1),
                        new Click(reader.GetString(3), Utc(reader.GetDateTime(2))),
                        reader.GetBoolean(4)
                    )
                )
            );

        var ofMail = clicks.ToLookup(click => click.Mail, click => click.Click);
        return found.ToDictionary(
            mail => mail.Key,
            mail => new VisitedMail(mail.Value.SentAt, mail.Value.Room, [.. ofMail[mail.Key]])
        );
    }

    /// <summary>One transaction, one round trip.</summary>
    public async Task Write(JudgedVisits judged, CancellationToken cancellation)
    {
        await using var connection = await writer.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        if (judged.New.Count > 0)
            batch.Add(
                Insert,
                judged.New.Select(one => one.Visit.EmailLog).Column(),
                judged.New.Select(one => one.Visit.Kind == VisitKind.Opened ? "opened" : "clicked").Column(),
                judged.New.Select(one => one.Visit.At).UtcColumn(),
                judged.New.Select(one => MetadataOf(one.Visit, one.Verdict)).JsonColumn()
            );

        if (judged.Machines.Count > 0)
            batch.Add(
                Correct,
                judged.Machines.Select(machine => machine.Row).Column(),
                judged.Machines.Select(machine => machine.Rule).Column()
            );

        if (batch.BatchCommands.Count > 0)
            await batch.ExecuteNonQueryAsync(cancellation);
    }

    // U+0000 is nothing that jsonb keeps; a browser would not follow such a link either.
    private static string MetadataOf(Visit visit, VisitVerdict verdict) =>
        JsonSerializer.Serialize(
            new
            {
                Link = visit.Link?.Replace("\0", "", StringComparison.Ordinal),
                verdict.Agent,
                Machine = verdict.IsMachine,
                Rule = verdict.Rule?.Name,
            },
            s_json
        );

    private static DateTimeOffset Utc(DateTime at) => new(DateTime.SpecifyKind(at, DateTimeKind.Utc));
}
