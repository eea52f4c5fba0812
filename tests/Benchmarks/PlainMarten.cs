using JasperFx.Events;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Benchmarks;

/// <summary>What Marten does by itself: a session for each append, a stream for each read.</summary>
internal static class PlainMarten
{
    private const int Callers = 32;
    private const int EventsOfStream = 50;

    private const string Rows = """
        with c as (
            insert into backstage.contacts
                (id, user_id, email, name, subscribed, unsubscribe_token, metadata, created_at, updated_at,
                    organization_id)
            values (currval('events.mt_events_sequence'), ?, ?, ?, true, ?, null, ?, ?, ?)
        )
        insert into backstage.consent_history
            (id, user_id, contact_id, action, timestamp, source, ip_address, user_agent, organization_id)
        values (currval('events.mt_events_sequence'), ?, currval('events.mt_events_sequence'), 'subscribe', ?, 'api',
            ?, ?, ?)
        """;

    /// <summary>New contacts by the service, beside the same event and rows by a Marten session each.</summary>
    public static async Task MeasureAppends(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        await using var site = await Site.Create(server);
        var floor = new NpgsqlConnectionStringBuilder(server.ConnectionTo(site.FloorDatabase))
        {
            Username = site.Service.Installation.Keys.Logins.Writer,
            Password = site.Service.Installation.Keys.Logins.WriterPassword,
            MaxPoolSize = 16,
            Options = "-c enable_seqscan=off -c jit=off",
        };
        await using var source = NpgsqlDataSource.Create(floor);
        using var store = DocumentStore.For(marten =>
        {
            marten.Connection(source);
            LogStore.Configure(marten);
            marten.Events.AppendMode = EventAppendMode.Quick;
            marten.Events.AddEventType<EncodedEvent>();
            marten.Serializer(new EncodedEventSerializer());
        });
        var supply = new Supply<NewContact>(() => NewContact.Rows(site.Service.Installation.Keys, site.Tenant));
        var owner = await site.Owner();
        report.AddRate(
            "marten-plain-32",
            "contacts/s",
            await Rounds.Compare(
                () => Appends.Rate(site, Callers, options.Window),
                () =>
                {
                    supply.Fill(options.Supplied / 4);
                    return Rounds.Rate(Callers, options.Window, _ => Append(store, supply.Take(), site, owner));
                }
            )
        );
    }

    /// <summary>A stream of 50 events by the service's own reading, beside Marten's.</summary>
    public static async Task MeasureLoads(BenchmarkServer server, BenchmarkOptions options, Report report)
    {
        var stream = Guid.Empty;
        await using var site = await Site.Create(
            server,
            async (service, organization) =>
                stream = (await SampleList.AddHistory(service, organization, EventsOfStream)).Stream
        );
        using var store = DocumentStore.For(marten =>
        {
            marten.Connection(site.Service.Installation.Writer);
            LogStore.Configure(marten);
            foreach (var stored in EventCodec.Catalogue.Values)
                marten.Events.MapEventType(stored.Type, stored.Name);
        });
        var reader = site.Service.Services.GetRequiredService<LogReader>();
        report.AddRate(
            "marten-load",
            "streams/s",
            await Rounds.Compare(
                () => Rounds.Rate(8, options.Window, _ => reader.Read(site.Tenant, stream, CancellationToken.None)),
                () => Rounds.Rate(8, options.Window, _ => Fetch(store, site, stream))
            )
        );
    }

    private static async Task Append(DocumentStore store, NewContact row, Site site, int owner)
    {
        var now = TimeProvider.System.GetUtcNow();
        var published = DateTime.SpecifyKind(now.UtcDateTime, DateTimeKind.Unspecified);
        await using var session = store.LightweightSession(site.Tenant);
        session.Events.StartStream<Contact>(
            row.Stream,
            new Event<EncodedEvent>(new EncodedEvent(row.EventJson)) { Id = row.EventId, Timestamp = now }
        );
        session.QueueSqlCommand(
            Rows,
            owner,
            row.Email,
            row.Name,
            row.Token,
            published,
            published,
            site.Organization,
            owner,
            published,
            row.Evidence.Ip!,
            row.Evidence.UserAgent!,
            site.Organization
        );
        await session.SaveChangesAsync();
    }

    private static async Task Fetch(DocumentStore store, Site site, Guid stream)
    {
        await using var session = store.QuerySession(site.Tenant);
        var events = await session.Events.FetchStreamAsync(stream);
        if (events.Count != EventsOfStream)
            throw new InvalidOperationException($"The stream has {events.Count} events.");
    }
}
