using JasperFx.Events.Daemon;
using JasperFx.Events.Projections;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.BuildOnTheLog;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>The sample in samples/build-on-the-log, under the login that the service makes for it.</summary>
public sealed class BuildOnTheLogSpec
{
    [Test]
    public async Task Its_projection_follows_the_log_under_load_and_is_the_same_when_rebuilt()
    {
        const int people = 300;
        await using var service = await TestService.Create();
        var login = await Builders.Create(service.Installation, "reports", default);
        using var sample = Sample.Build(login.ConnectionString);
        await Sample.Prepare(sample);
        await sample.StartAsync();
        var ours = await service.CreateOrganization("ours");
        var theirs = await service.CreateOrganization("theirs");

        await Task.WhenAll(
            Enumerable
                .Range(0, people)
                .Select(async i =>
                {
                    var organization = i % 3 == 0 ? theirs : ours;
                    var added = await service.Send(
                        organization,
                        new AddContact($"p{i}@example.org", Consent: new ConsentInput())
                    );
                    if (i % 5 == 0)
                        await service.Send(organization, new WithdrawConsent(added.Number));
                })
        );

        var store = sample.Services.GetRequiredService<IDocumentStore>();
        await Eventually.True(async () => await Counts(store, ours, theirs) == (200, 40, 100, 20));
        await sample.StopAsync();

        using var daemon = await store.BuildProjectionDaemonAsync();
        await daemon.RebuildProjectionAsync(nameof(ConsentsByDay), CancellationToken.None);
        (await Counts(store, ours, theirs)).ShouldBe((200, 40, 100, 20));
    }

    [Test]
    public async Task A_builder_reads_people_only_with_the_keys_and_not_after_an_erasure([Values] bool hasKeys)
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        var ann = await service.Send(organization, new AddContact("ann@example.org", "Ann"));
        var ben = await service.Send(organization, new AddContact("ben@example.org", "Ben"));
        await service.Send(organization, new EraseContact(ben.Number));
        var login = await Builders.Create(service.Installation, "reports", default);
        using var sample = Sample.Build(
            login.ConnectionString,
            keysDirectory: hasKeys ? service.Installation.Keys.Directory : null
        );
        var store = sample.Services.GetRequiredService<IDocumentStore>();
        await using var session = store.QuerySession(organization.ToString());

        var people = await session
            .Events.QueryAllRawEvents()
            .Where(e => e.EventTypeName == "contact_added")
            .OrderBy(e => e.Sequence)
            .ToListAsync();

        people.Select(e => ((ContactAdded)e.Data).Name).ShouldBe(hasKeys ? ["Ann", null] : [null, null]);
        (
            await session.Events.QueryRawEventDataOnly<ContactAdded>().CountAsync(added => added.Source == "api")
        ).ShouldBe(2);
        var stream = await service.Scalar<Guid>($"select id from events.streams where number = {ann.Number}");
        // The stored name is enough.
        await service.Execute($"update events.mt_events set mt_dotnet_type = null where stream_id = '{stream}'");
        (await session.Events.FetchStreamAsync(stream)).Single().Data.ShouldBeOfType<ContactAdded>();
        (await session.Events.AggregateStreamAsync<Person>(stream))!.Name.ShouldBe(hasKeys ? "Ann" : null);
    }

    [Test]
    public async Task An_event_that_the_package_does_not_know_stops_its_projection_and_is_named()
    {
        await using var service = await TestService.Create();
        var login = await Builders.Create(service.Installation, "reports", default);
        using var sample = Sample.Build(login.ConnectionString);
        await Sample.Prepare(sample);
        var organization = await service.CreateOrganization("acme");
        await service.Execute(
            """
            insert into events.mt_events (seq_id, id, stream_id, version, data, type, tenant_id, mt_dotnet_type)
            select nextval('events.mt_events_sequence'), gen_random_uuid(), s.id, s.version + 1, '{}', 'of_the_future',
                s.tenant_id, 'schemahub:of_the_future'
            from events.mt_streams s
            where s.type = 'organization'
            """
        );
        var store = sample.Services.GetRequiredService<IDocumentStore>();
        await using var session = store.QuerySession(organization.ToString());

        var unknown = await Should.ThrowAsync<Exception>(() => session.Events.FetchStreamAsync(organization));
        unknown.GetType().Name.ShouldBe("UnknownEventTypeException");
        unknown.Message.ShouldContain("of_the_future");

        await sample.StartAsync();
        var daemon = sample.Services.GetRequiredService<IProjectionCoordinator>().DaemonForMainDatabase();
        await Eventually.True(() =>
            Task.FromResult(daemon.StatusFor("ConsentsByDay:All") == JasperFx.AgentStatus.Paused)
        );
        (await service.Scalar<long>("select count(*) from reports.mt_doc_dayofconsents")).ShouldBe(0);
        await sample.StopAsync();
    }

    [Test]
    public async Task A_builder_cannot_append_nor_touch_what_is_not_its_own()
    {
        await using var service = await TestService.Create();
        var organization = await service.CreateOrganization("acme");
        await service.Send(organization, new AddContact("ann@example.org", "Ann"));
        var login = await Builders.Create(service.Installation, "reports", default);
        using var sample = Sample.Build(login.ConnectionString);
        var store = sample.Services.GetRequiredService<IDocumentStore>();
        await using (var session = store.LightweightSession(organization.ToString()))
        {
            session.Events.StartStream(Guid.CreateVersion7(), new EvidencePurged(DateTimeOffset.UnixEpoch));
            var refused = await Should.ThrowAsync<Exception>(() => session.SaveChangesAsync());
            ((PostgresException)refused.GetBaseException()).SqlState.ShouldBe(PostgresErrorCodes.InsufficientPrivilege);
        }

        await using var builder = NpgsqlDataSource.Create(login.ConnectionString);
        string[] refusals =
        [
            "insert into events.mt_streams (tenant_id, id) values ('a', gen_random_uuid())",
            "update events.mt_events set data = '{}'",
            "delete from events.streams",
            "select nextval('events.mt_events_sequence')",
            "update events.followers set position = 0",
            "select key from events.receipts",
            "select id from backstage.contacts",
            "select id from access.users",
            "call events.end_batch(1, null, null, null, null)",
            "create table public.mine (id int)",
        ];
        foreach (var sql in refusals)
        {
            await using var command = builder.CreateCommand(sql);
            (await Should.ThrowAsync<PostgresException>(command.ExecuteNonQueryAsync())).SqlState.ShouldBe(
                PostgresErrorCodes.InsufficientPrivilege,
                sql
            );
        }
    }

    [Test]
    public async Task A_login_is_listed_and_taken_back_and_its_schema_stays()
    {
        await using var service = await TestService.Create();
        var login = await Builders.Create(service.Installation, "reports", default);
        await using (var builder = NpgsqlDataSource.Create(login.ConnectionString))
        await using (var own = builder.CreateCommand("create table reports.mine as select 42 as answer"))
            await own.ExecuteNonQueryAsync();

        (await Builders.List(service.Installation, default))
            .Select(one => (one.Role, one.Schema))
            .ShouldContain((login.Role, "reports"));
        (await Builders.Revoke(service.Installation, login.Role, default)).ShouldBeTrue();
        (await Builders.Revoke(service.Installation, login.Role, default)).ShouldBeFalse();

        (await service.Scalar<int>("select answer from reports.mine")).ShouldBe(42);
        (await service.Scalar<long>($"select count(*) from pg_roles where rolname = '{login.Role}'")).ShouldBe(0);
    }

    private static async Task<(int, int, int, int)> Counts(IDocumentStore store, Guid ours, Guid theirs)
    {
        var (given, withdrawn) = await Of(ours);
        var (givenThere, withdrawnThere) = await Of(theirs);
        return (given, withdrawn, givenThere, withdrawnThere);

        async Task<(int, int)> Of(Guid organization)
        {
            await using var session = store.QuerySession(organization.ToString());
            var days = await session.Query<DayOfConsents>().ToListAsync();
            return (days.Sum(day => day.Given), days.Sum(day => day.Withdrawn));
        }
    }

    /// <summary>A live aggregate of a builder's own.</summary>
    public sealed class Person
    {
        public Guid Id { get; set; }

        public string? Name { get; set; }

        public void Apply(ContactAdded added) => Name = added.Name;

        public void Apply(ContactChanged changed) => Name = changed.Name;
    }
}
