using JasperFx.Events;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>What another program with the writer's rights leaves in the log, by a Marten session of its own.</summary>
public sealed class ForeignWriterSpec
{
    [Test]
    public async Task Tombstones_are_nobodys_events()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        await service.Send(organization, new AddContact("ann@example.org", "Ann"));
        var taken = await service.Scalar<Guid>("select s.id from events.mt_streams s where s.type = 'contact'");

        await using (var store = Store(service, EventAppendMode.Rich))
        {
            await using var session = store.LightweightSession(organization.ToString());
            session.Events.StartStream(taken, new Noticed("a"), new Noticed("b"));
            await Should.ThrowAsync<global::Marten.Exceptions.ExistingStreamIdCollisionException>(() =>
                session.SaveChangesAsync()
            );
            await Eventually.True(async () =>
                await service.Scalar<long>("select count(*) from events.mt_events where type = 'tombstone'") == 2
            );
        }

        await service.Send(organization, new AddContact("ben@example.org", "Ben"));
        (await service.Scalar<long>("select count(*) from events.log where type = 'tombstone'")).ShouldBe(0);
        await service.ShouldBeSound();
    }

    [Test]
    public async Task A_position_that_is_drawn_in_the_middle_of_a_batch_shifts_nothing()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        await service.Execute(
            """
            create sequence events.once;
            grant usage on sequence events.once to schemahub_writer;
            create or replace function events.next_position() returns bigint
                language plpgsql volatile set search_path = pg_catalog
                as $$
                declare
                    told bigint;
                begin
                    select s.last_value + case when s.is_called then 1 else 0 end into told
                    from events.mt_events_sequence s;
                    if nextval('events.once') = 1 then
                        perform nextval('events.mt_events_sequence');
                    end if;
                    return told;
                end
                $$
            """
        );

        var ann = await service.Send(organization, new AddContact("ann@example.org", "Ann"));

        (await service.Scalar<long>("select last_value from events.once")).ShouldBe(2, "it was written twice");
        ann.Number.ShouldBe(await service.Scalar<long>("select max(seq_id) from events.mt_events"));
        await service.ShouldBeSound();
    }

    [Test]
    public async Task An_event_that_we_did_not_write_stops_a_rebuild_and_nothing_else()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        await service.Send(organization, new AddContact("ann@example.org", "Ann"));

        await using (var store = Store(service))
        {
            await using var session = store.LightweightSession(organization.ToString());
            session.Events.StartStream(Guid.CreateVersion7(), new Noticed("a"));
            await session.SaveChangesAsync();
        }

        var ben = await service.Send(organization, new AddContact("ben@example.org", "Ben"));
        (await service.Send(organization, new GetContact(ben.Number))).Contact.Name.ShouldBe("Ben");
        var position = await service.Scalar<long>("select seq_id from events.mt_events where type = 'noticed'");
        (
            await Should.ThrowAsync<ForeignEventException>(() =>
                new Rebuild(service.Installation, "backstage").Run(CancellationToken.None)
            )
        ).Message.ShouldContain($"position {position} ");
    }

    [Test]
    public async Task An_event_whose_json_does_not_fit_is_named()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var ann = await service.Send(organization, new AddContact("ann@example.org", "Ann"));
        await service.Execute(
            """
            update events.mt_events set data = '{"source": {"not": "a source"}}' where type = 'contact_added'
            """
        );
        // Another node: this one still remembers Ann.
        await using var other = await TestService.Start(service.ConnectionString, service.Installation.Keys.Directory);
        var stream = await service.Scalar<Guid>($"select id from events.streams where number = {ann.Number}");
        var expected = $"The event contact_added at version 1 of stream {stream} cannot be read";

        (
            await Should.ThrowAsync<UnreadableEventException>(other.Send(organization, new ReplayConsent(ann.Number)))
        ).Message.ShouldStartWith(expected);
        (
            await Should.ThrowAsync<UnreadableEventException>(() =>
                new Rebuild(service.Installation, "backstage").Run(CancellationToken.None)
            )
        ).Message.ShouldStartWith(expected);
    }

    [Test]
    public async Task Streams_of_two_organizations_with_one_id_stay_apart()
    {
        const int streams = 40;
        await using var service = await TestService.Create();
        var ours = await service.CreateOrganization("ours");
        var theirs = await service.CreateOrganization("theirs");
        var ids = Enumerable.Range(0, streams).Select(_ => Guid.CreateVersion7()).ToList();

        // Begun and gone on with, at once.
        await Task.WhenAll(ids.SelectMany(id => new[] { Add(service, ours, id), Add(service, theirs, id) }));
        await Task.WhenAll(ids.SelectMany(id => new[] { Name(service, ours, id), Name(service, theirs, id) }));

        (
            await service.Scalar<long>(
                $"""
                select count(*)
                from events.mt_streams s
                join events.mt_events e on e.tenant_id = s.tenant_id and e.stream_id = s.id
                    and e.data ->> 'source' = s.tenant_id
                where s.tenant_id in ('{ours}', '{theirs}') and s.type = 'contact' and s.version = 2
                """
            )
        ).ShouldBe(2 * 2 * streams);
        await service.ShouldBeSound();
    }

    [Test]
    public async Task One_unit_cannot_change_two_streams_with_one_id()
    {
        await using var service = await TestService.Create();
        var ours = await service.CreateOrganization("ours");
        var theirs = await service.CreateOrganization("theirs");
        var id = Guid.CreateVersion7();
        await Add(service, ours, id);
        await Add(service, theirs, id);

        await Should.ThrowAsync<InvalidOperationException>(
            LogOf(service, ours)
                .ChangeTogether(
                    async changes =>
                    {
                        foreach (var organization in new[] { ours, theirs })
                            await changes.Change<Contact, ContactEvent>(
                                id,
                                contact => contact.Change("Ann B.", metadata: null, $"{organization}"),
                                organization.ToString()
                            );
                    },
                    CancellationToken.None
                )
        );

        await Name(service, ours, id);
        await service.ShouldBeSound();
    }

    private static Task<Position> Add(TestService service, Guid organization, Guid id) =>
        LogOf(service, organization)
            .Change<Contact, ContactEvent>(
                id,
                contact =>
                    contact.Add(
                        new ContactAdded($"{organization}", null, null, $"{id:n}@example.org", "Ann", null, null, null)
                    ),
                CancellationToken.None
            );

    private static Task<Position> Name(TestService service, Guid organization, Guid id) =>
        LogOf(service, organization)
            .Change<Contact, ContactEvent>(
                id,
                contact => contact.Change("Ann B.", metadata: null, $"{organization}"),
                CancellationToken.None
            );

    private static Infrastructure.EventLog.EventLog LogOf(TestService service, Guid organization) =>
        new(
            service.Services.GetRequiredService<LogWriter>(),
            service.Services.GetRequiredService<LogReader>(),
            service.Services.GetRequiredService<StateCache>(),
            service.Installation.Keys,
            RunAs.OperatorContext(organization.ToString()),
            new CurrentRequest(),
            new AnswerCipher(service.Installation.Keys)
        );

    private static DocumentStore Store(
        TestService service,
        EventAppendMode mode = EventAppendMode.QuickWithServerTimestamps
    ) =>
        DocumentStore.For(options =>
        {
            options.Connection(service.Installation.Writer);
            LogStore.Configure(options);
            options.Events.AppendMode = mode;
        });

    private sealed record Noticed(string What);
}
