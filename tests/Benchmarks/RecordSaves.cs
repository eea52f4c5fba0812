using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application.Records;
using SchemaHub.Domain.Records;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Benchmarks;

/// <summary>
/// New partners, each saved for itself: a stream, an event, the row, and a row in each of two audits.
/// </summary>
internal static class RecordSaves
{
    private const int Callers = 32;

    private const string Sql = """
        with n as materialized (select nextval('events.mt_events_sequence') as seq),
        s as (
            insert into events.mt_streams (tenant_id, id, type, version, timestamp, created)
            values ($1, $2, 'record', 1, $3, $3)
        ),
        k as (
            insert into events.streams (tenant_id, id, number, subject_key)
            select $1, $2, n.seq, $4 from n
        ),
        e as (
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id, headers)
            select n.seq, $5, $2, 1, $6, 'record_saved', $3, $1, $7 from n
        ),
        p as (
            insert into podcast.audit_logs (id, tenant_id, action, resource_type, resource_id, changes, occurred_at)
            values ($5, $8, 'record_saved', 'podcast.partners', $2::text, $9, $3)
        ),
        h as (
            insert into smarthub.audit_logs (id, entity_type, entity_id, action, changes, created_at, organization_id)
            values ($5, 'podcast.partners', $2, 'CREATE', $9, $3, $8)
        )
        insert into podcast.partners (id, tenant_id, name, partner_type, contact_email, created_at, updated_at)
        values ($2, $8, $10, 'agency', $11, $3, $3)
        """;

    private static long _count;

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        await using var site = await Site.Create(server);
        await using var floor = await FloorStatement.Prepare(site.Floor, Callers, Sql, Parameters);
        var supply = new Supply<SavedPartner>(() => SavedPartner.Of(Next(), site));
        report.AddRate(
            "record-32",
            "records/s",
            await Rounds.Compare(
                async () =>
                {
                    var rate = await Rounds.Rate(
                        Callers,
                        options.Window,
                        _ => site.Service.Send(site.Organization, new SaveRecord("podcast.partners", Next()))
                    );
                    await site.SealAll();
                    return rate;
                },
                () =>
                {
                    supply.Fill(options.Supplied);
                    return Rounds.Rate(Callers, options.Window, caller => Write(floor.Of(caller), supply.Take(), site));
                }
            )
        );
    }

    /// <summary>A page in the midst of a million partners, most of them others'.</summary>
    public static async Task MeasurePages(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        var count = options.Scaled(1_000_000);
        await using var site = await Site.Create(
            server,
            async (service, organization) =>
            {
                await using var fill = service.Installation.Administrator.CreateCommand(
                    """
                    insert into podcast.tenants (id, name, slug) select gen_random_uuid(), 'n', 'n';
                    insert into podcast.partners (id, tenant_id, name, partner_type)
                    select gen_random_uuid(), t.id, 'Partner ' || i, 'agency'
                    from generate_series(1, $1 / 2) i, podcast.tenants t
                    """.Replace("$1", count.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                );
                fill.CommandTimeout = 0;
                await fill.ExecuteNonQueryAsync();
            }
        );
        var list = new ListRecords("podcast.partners", Limit: 50);
        var page = await site.Service.Send(site.Organization, list);
        var pages = 0;
        var rate = await Rounds.Rate(
            1,
            options.Window,
            async _ =>
            {
                page = await site.Service.Send(site.Organization, list with { After = page.Next });
                pages++;
            }
        );
        report.Add("record-page", "ms", 1_000 / Math.Max(rate, 1.0 / Math.Max(pages, 1)));
    }

    private static Partner Next()
    {
        var number = Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        return new Partner($"Partner {number}", "agency", $"partner{number}@example.com");
    }

    private static Task Write(NpgsqlCommand command, SavedPartner row, Site site)
    {
        var place = 0;
        command.Set(ref place, site.Tenant);
        command.Set(ref place, row.Stream);
        command.Set(ref place, TimeProvider.System.GetUtcNow());
        command.Set(ref place, row.Key);
        command.Set(ref place, row.EventId);
        command.Set(ref place, row.EventJson);
        command.Set(ref place, """{"id":"operator"}""");
        command.Set(ref place, site.Organization);
        command.Set(ref place, row.Changes);
        command.Set(ref place, row.Partner.Name!);
        command.Set(ref place, row.Partner.ContactEmail!);
        return command.ExecuteNonQueryAsync();
    }

    private static IEnumerable<NpgsqlParameter> Parameters() =>
        [
            new NpgsqlParameter<string>(),
            new NpgsqlParameter<Guid>(),
            new NpgsqlParameter<DateTimeOffset>(),
            new NpgsqlParameter<byte[]>(),
            new NpgsqlParameter<Guid>(),
            new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Jsonb },
            new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Jsonb },
            new NpgsqlParameter<Guid>(),
            new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Jsonb },
            new NpgsqlParameter<string>(),
            new NpgsqlParameter<string>(),
        ];
}

/// <summary>The rows that a saved partner comes to.</summary>
internal sealed record SavedPartner(
    Guid Stream,
    byte[] Key,
    Guid EventId,
    string EventJson,
    string Changes,
    Partner Partner
)
{
    public static SavedPartner Of(Partner partner, Site site)
    {
        var stream = Guid.CreateVersion7();
        var key = SubjectKey.Create();
        var row = JsonSerializer.SerializeToElement(new { name = partner.Name, partner_type = partner.PartnerType });
        var personal = JsonSerializer.SerializeToElement(new { contact_email = partner.ContactEmail });
        var saved = new RecordSaved("podcast.partners", Before: null, row, personal);
        return new SavedPartner(
            stream,
            key.Wrap(site.Service.Installation.Keys, site.Tenant, stream),
            Guid.CreateVersion7(),
            EventCodec.Encode(saved, key, site.Tenant, stream, version: 1),
            $$"""{"before":null,"after":{{row.GetRawText()}}}""",
            partner
        );
    }
}
