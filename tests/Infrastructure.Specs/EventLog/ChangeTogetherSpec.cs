using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>One command is one decision: all of its appends happen, or none, and it appends once.</summary>
public sealed class ChangeTogetherSpec
{
    private TestService _service = null!;
    private Guid _acme;
    private Guid _other;

    [OneTimeSetUp]
    public async Task Start()
    {
        _service = await TestService.Create(services =>
        {
            services.AddScoped<IRequestHandler<AppendTwice, Position>, AppendTwiceHandler>();
            services.AddScoped<IRequestHandler<AppendInSteps, Position>, AppendTwiceHandler>();
            services.AddScoped<IRequestHandler<OnlyLoad, Position>, OnlyLoadHandler>();
        });
        _acme = await _service.CreateOrganization("acme");
        _other = await _service.CreateOrganization("other");
    }

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [Test]
    public async Task Streams_of_several_kinds_and_tenants_are_changed_in_one_commit()
    {
        var (here, there) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        var position = await InAcme(log =>
            log.ChangeTogether(
                async changes =>
                {
                    await changes.Change<Contact, ContactEvent>(
                        here,
                        contact => contact.Add(Added("here@example.org"))
                    );
                    await changes.Change<Contact, ContactEvent>(
                        there,
                        contact => contact.Add(Added("there@example.org")),
                        _other.ToString()
                    );
                    await changes.Change<Organization, OrganizationEvent>(_acme, acme => acme.Rename("Acme"));
                },
                default
            )
        );

        position.Stream.ShouldBe(_acme);
        var times = await _service.Scalar<long>(
            $"""
            select count(distinct timestamp) from events.mt_events
            where stream_id in ('{here}', '{there}') or (stream_id = '{_acme}' and type = 'organization_renamed')
            """
        );
        times.ShouldBe(1);
        (await _service.Scalar<string>($"select tenant_id from events.mt_streams where id = '{there}'")).ShouldBe(
            _other.ToString()
        );
    }

    [Test]
    public async Task A_refusal_of_the_last_leaves_the_first_undone()
    {
        var contact = Guid.CreateVersion7();

        await Should.ThrowAsync<RuleBrokenException>(() =>
            InAcme(log =>
                log.ChangeTogether(
                    async changes =>
                    {
                        await changes.Change<Contact, ContactEvent>(
                            contact,
                            one => one.Add(Added("first@example.org"))
                        );
                        await changes.Change<Organization, OrganizationEvent>(
                            _acme,
                            _ => throw new RuleBrokenException("spec", "No.")
                        );
                    },
                    default
                )
            )
        );

        (await EventsOf(contact)).ShouldBe(0);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task What_was_only_looked_at_stands_at_commit_as_it_was_decided_on(bool alsoAsOneOfMany)
    {
        var (looked, changed) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await Add(looked, $"{looked}@example.org");
        var rounds = 0;
        var suppressed = new List<bool>();

        await InAcme(log =>
            log.ChangeTogether(
                async changes =>
                {
                    if (alsoAsOneOfMany)
                        await changes.ChangeMany<Contact, ContactEvent>([(looked, _ => [])]);

                    var state = (await changes.Load<Contact, ContactEvent>(looked)).State;
                    suppressed.Add(state.SuppressedFor is not null);
                    if (rounds++ == 0)
                        await InAcme(other =>
                            other.Change<Contact, ContactEvent>(
                                looked,
                                contact => contact.Suppress(SuppressionReasons.Manual, Sources.Api, null),
                                default
                            )
                        );

                    await changes.Change<Contact, ContactEvent>(
                        changed,
                        one => one.Add(Added($"{changed}@example.org"))
                    );
                },
                default
            )
        );

        suppressed.ShouldBe([false, true]);
        (await EventsOf(changed)).ShouldBe(1);
    }

    [Test]
    public async Task A_stream_changed_twice_in_a_unit_is_seen_as_it_is_by_then()
    {
        var contact = Guid.CreateVersion7();

        await InAcme(log =>
            log.ChangeTogether(
                async changes =>
                {
                    await changes.Change<Contact, ContactEvent>(contact, one => one.Add(Added("twice@example.org")));
                    var after = await changes.Change<Contact, ContactEvent>(
                        contact,
                        one => one.Suppress(SuppressionReasons.Manual, Sources.Api, null)
                    );
                    after.Version.ShouldBe(2);
                    after.State.SuppressedFor.ShouldBe(SuppressionReasons.Manual);
                },
                default
            )
        );

        (await EventsOf(contact)).ShouldBe(2);
    }

    [Test]
    public async Task An_event_names_the_number_of_a_stream_that_begins_in_its_unit()
    {
        var organization = await _service.Send(
            Guid.Empty,
            new CreateOrganization("New", "new-owner", "brand-new@example.org", Plan: Plans.Business, Seats: 5)
        );

        var number = await _service.Scalar<long>(
            "select s.number from events.streams s join events.mt_events e on e.stream_id = s.id "
                + "where e.type = 'user_registered' order by e.seq_id desc limit 1"
        );
        number.ShouldBeGreaterThan(0);
        (
            await _service.Scalar<long>(
                $"select count(*) from events.mt_events where stream_id = '{organization}' "
                    + $"and coalesce(data ->> 'ownerNumber', data ->> 'userNumber')::bigint = {number}"
            )
        ).ShouldBe(2);
    }

    [Test]
    public async Task A_command_that_appends_twice_is_found()
    {
        var twice = await Should.ThrowAsync<InvalidOperationException>(() => _service.Send(_acme, new AppendTwice()));

        twice.Message.ShouldContain("AppendTwice would append twice");
        (await _service.Send(_acme, new AppendInSteps())).Sequence.ShouldBeGreaterThan(0);
    }

    [Test]
    public async Task A_command_that_only_looked_answers_the_same_again_under_its_key()
    {
        for (var i = 0; i < 2; i++)
            (
                await _service.Send(_acme, new OnlyLoad(_acme), caller => caller with { IdempotencyKey = "only-load" })
            ).ShouldBe(Position.Nowhere);
    }

    [Test]
    public async Task Of_no_streams_the_database_is_asked_nothing()
    {
        await using var unreachable = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1");
        await using var reader = new LogReader(unreachable, _service.Installation.Keys);

        (await reader.ReadMany(_acme.ToString(), [], CancellationToken.None)).ShouldBeEmpty();
    }

    private async Task<Position> InAcme(Func<IEventLog, Task<Position>> work)
    {
        await using var scope = _service.Services.GetRequiredService<RunAs>().Operator(_acme.ToString());
        return await work(scope.Log);
    }

    private Task<Position> Add(Guid stream, string email) =>
        InAcme(log => log.Change<Contact, ContactEvent>(stream, contact => contact.Add(Added(email)), default));

    private Task<long> EventsOf(Guid stream) =>
        _service.Scalar<long>($"select count(*) from events.mt_events where stream_id = '{stream}'");

    private static ContactAdded Added(string email) =>
        new(Sources.Api, ImportId: null, Consent: null, email, "Ann", Metadata: null, UnsubscribeTokens.Create(), null);

    [RequiresOperator]
    private sealed record AppendTwice : ICommand;

    [RequiresOperator, InSteps("a spec")]
    private sealed record AppendInSteps : ICommand;

    [RequiresOperator]
    private sealed record OnlyLoad(Guid Organization) : ICommand;

    private sealed class OnlyLoadHandler(IEventLog log) : IRequestHandler<OnlyLoad, Position>
    {
        public Task<Position> Handle(OnlyLoad request, CancellationToken cancellation) =>
            log.ChangeTogether(
                changes => changes.Load<Organization, OrganizationEvent>(request.Organization),
                cancellation
            );
    }

    private sealed class AppendTwiceHandler(IEventLog log)
        : IRequestHandler<AppendTwice, Position>,
            IRequestHandler<AppendInSteps, Position>
    {
        public Task<Position> Handle(AppendTwice request, CancellationToken cancellation) => Both(cancellation);

        public Task<Position> Handle(AppendInSteps request, CancellationToken cancellation) => Both(cancellation);

        private async Task<Position> Both(CancellationToken cancellation)
        {
            await One(cancellation);
            return await One(cancellation);
        }

        private Task<Position> One(CancellationToken cancellation) =>
            log.Change<Contact, ContactEvent>(
                Guid.CreateVersion7(),
                contact => contact.Add(Added($"{Guid.CreateVersion7()}@example.org")),
                cancellation
            );
    }
}
