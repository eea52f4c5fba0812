using Npgsql;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Benchmarks;

/// <summary>What one contact had agreed to, and why, from its events.</summary>
internal static class Replays
{
    private const int Callers = 8;
    private const int EventsOfContact = 50;

    public static async Task Measure(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        var contact = 0L;
        var stream = Guid.Empty;
        await using var site = await Site.Create(
            server,
            async (service, organization) =>
            {
                await SampleList.Add(service, organization, options.Scaled(20_000));
                var added = await SampleList.AddHistory(service, organization, EventsOfContact);
                (contact, stream) = (added.Number, added.Stream);
            }
        );
        await using var floor = await FloorStatement.Prepare(
            site.Floor,
            Callers,
            """
            select e.seq_id, e.version, e.type, e.timestamp, e.data::text
            from events.mt_events e
            where e.tenant_id = $1 and e.stream_id = $2
            order by e.version
            """,
            () =>
                [
                    new NpgsqlParameter<string> { TypedValue = site.Tenant },
                    new NpgsqlParameter<Guid> { TypedValue = stream },
                ]
        );
        report.AddRate(
            "replay",
            "replays/s",
            await Rounds.Compare(
                () => Rounds.Rate(Callers, options.Window, _ => Replay(site, contact)),
                () => Rounds.Rate(Callers, options.Window, caller => Read(floor.Of(caller)))
            )
        );
    }

    private static async Task Replay(Site site, long contact)
    {
        var replay = await site.Service.Send(site.Organization, new ReplayConsent(contact));
        RequireAll(replay.Events.Count);
    }

    private static async Task Read(NpgsqlCommand command)
    {
        await using var reader = await command.ExecuteReaderAsync();
        var rows = 0;
        while (await reader.ReadAsync())
        {
            _ = (reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2));
            _ = (reader.GetFieldValue<DateTimeOffset>(3), reader.GetString(4));
            rows++;
        }

        RequireAll(rows);
    }

    private static void RequireAll(int events)
    {
        if (events != EventsOfContact)
            throw new InvalidOperationException($"{events} events were read instead of {EventsOfContact}.");
    }
}
