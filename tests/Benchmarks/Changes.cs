using Npgsql;
using NpgsqlTypes;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Benchmarks;

/// <summary>
/// Consent changes of contacts that are there: each call agrees to the other one of two wordings, which is one event.
/// Every caller has contacts of its own, as people do.
/// </summary>
internal static class Changes
{
    private const int Callers = 32;

    private const string Sql = """
        with n as materialized (select nextval('events.mt_events_sequence') as seq),
        s as (update events.mt_streams set version = $4, timestamp = $3 where tenant_id = $1 and id = $2),
        e as (
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, timestamp, tenant_id)
            select n.seq, $5, $2, $4, $6, 'consent_given', $3, $1 from n
        ),
        c as (update backstage.contacts set subscribed = true, updated_at = $9 where id = $8)
        insert into backstage.consent_history
            (id, user_id, contact_id, action, timestamp, source, ip_address, user_agent, metadata, organization_id)
        select n.seq, $7, $8, 'subscribe', $9, 'api', $11, $12, $13, $10 from n
        """;

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        var count = options.Scaled(20_000);
        (string First, string Second) wordings = default;
        await using var site = await Site.Create(
            server,
            async (service, organization) =>
            {
                wordings = await SampleList.PublishWordings(service, organization);
                await SampleList.Add(service, organization, count);
            }
        );
        var contacts = await SampleList.Contacts(site.Service);
        var asked = Turns(contacts, wordings);
        var key = SubjectKey.Create();
        var owner = await site.Owner();
        await using var floor = await FloorStatement.Prepare(site.Floor, Callers, Sql, Parameters);
        var supplies = Turns(contacts, wordings)
            .Select(turn => new Supply<ChangedContact>(() => ChangedContact.Of(turn.Next(), key, site.Tenant)))
            .ToArray();
        report.AddRate(
            "change-32",
            "changes/s",
            await Rounds.Compare(
                async () =>
                {
                    var rate = await Rounds.Rate(Callers, options.Window, caller => Give(site, asked[caller].Next()));
                    await site.SealAll();
                    return rate;
                },
                () =>
                {
                    foreach (var supply in supplies)
                        supply.Fill(options.Supplied / Callers);

                    return Rounds.Rate(
                        Callers,
                        options.Window,
                        caller => Write(floor.Of(caller), supplies[caller].Take(), site, owner)
                    );
                }
            )
        );
    }

    private static Task Give(Site site, Change change) =>
        site.Service.Send(
            site.Organization,
            new GiveConsent(change.Number, new ConsentInput(Wording: change.Wording)),
            NewContact.Caller
        );

    private static Task Write(NpgsqlCommand command, ChangedContact row, Site site, int owner)
    {
        var now = TimeProvider.System.GetUtcNow();
        var place = 0;
        command.Set(ref place, site.Tenant);
        command.Set(ref place, row.Change.Stream);
        command.Set(ref place, now);
        command.Set(ref place, row.Change.Version);
        command.Set(ref place, row.EventId);
        command.Set(ref place, row.EventJson);
        command.Set(ref place, owner);
        command.Set(ref place, row.Change.Number);
        command.Set(ref place, DateTime.SpecifyKind(now.UtcDateTime, DateTimeKind.Unspecified));
        command.Set(ref place, site.Organization);
        command.Set(ref place, NewContact.Seen.Ip!);
        command.Set(ref place, NewContact.Seen.UserAgent!);
        command.Set(ref place, row.HistoryMetadata);
        return command.ExecuteNonQueryAsync();
    }

    private static IEnumerable<NpgsqlParameter> Parameters() =>
        [
            new NpgsqlParameter<string>(),
            new NpgsqlParameter<Guid>(),
            new NpgsqlParameter<DateTimeOffset>(),
            new NpgsqlParameter<long>(),
            new NpgsqlParameter<Guid>(),
            new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Jsonb },
            new NpgsqlParameter<int>(),
            new NpgsqlParameter<int>(),
            new NpgsqlParameter<DateTime> { NpgsqlDbType = NpgsqlDbType.Timestamp },
            new NpgsqlParameter<Guid>(),
            new NpgsqlParameter<string>(),
            new NpgsqlParameter<string>(),
            new NpgsqlParameter<string> { NpgsqlDbType = NpgsqlDbType.Jsonb },
        ];

    private static Turn[] Turns(List<(Guid, int)> contacts, (string, string) wordings) =>
        [
            .. Enumerable
                .Range(0, Callers)
                .Select(caller => new Turn([.. contacts.Where((_, i) => i % Callers == caller)], wordings)),
        ];

    /// <summary>One caller's contacts, one after the other, round and round.</summary>
    private sealed class Turn(IReadOnlyList<(Guid Stream, int Number)> contacts, (string First, string Second) wordings)
    {
        private int _count;

        public Change Next()
        {
            var (stream, number) = contacts[_count % contacts.Count];
            var round = _count++ / contacts.Count;
            return new Change(stream, number, round + 2, round % 2 == 0 ? wordings.First : wordings.Second);
        }
    }
}

/// <summary>One consent change.</summary>
/// <param name="Version">Of the stream, after it.</param>
internal sealed record Change(Guid Stream, int Number, long Version, string Wording);

/// <summary>The rows that a change comes to, made by the service's own code.</summary>
internal sealed record ChangedContact(Change Change, Guid EventId, string EventJson, string HistoryMetadata)
{
    public static ChangedContact Of(Change change, SubjectKey key, string tenant)
    {
        var consent = new Consent(
            Purposes.Newsletter,
            LegalBases.Consent,
            ConsentMethods.SingleOptIn,
            change.Wording,
            Language: null
        );
        var given = new ConsentGiven(consent, Sources.Api, null, Renewed: true, Raised: false, NewContact.Seen, null);
        var recorded = new RecordedEvent(1, tenant, change.Stream, change.Version, change.Number, default, "", given);
        return new ChangedContact(
            change,
            Guid.CreateVersion7(),
            EventCodec.Encode(given, key, tenant, change.Stream, change.Version),
            HistoryRow.Of(given, recorded)!.Metadata
        );
    }
}
