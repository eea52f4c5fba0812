using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.EventLog;

/// <summary>An idempotency key answers a command, whatever it answers with, and is its caller's own.</summary>
public sealed class KeysSpec
{
    private TestService _service = null!;
    private Guid _organization;

    [OneTimeSetUp]
    public async Task Start()
    {
        _service = await TestService.Create(services =>
        {
            services.AddScoped<IRequestHandler<DieAfterCommit, Answered>, SpecHandler>();
            services.AddScoped<IRequestHandler<ForgetToAnswer, Answered>, SpecHandler>();
            services.AddScoped<IRequestHandler<AppendNothing, Answered>, SpecHandler>();
        });
        _organization = await _service.CreateOrganization("acme");
    }

    [OneTimeTearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [Test]
    public async Task An_api_key_made_twice_under_a_key_is_one_with_one_secret()
    {
        var create = new CreateApiKey("mine");

        var first = await Send(create, "make");
        var again = await Send(create, "make");

        again.ShouldBe(first);
        (
            await _service.Scalar<long>(
                $"select count(*) from events.mt_events where type = 'api_key_created' and stream_id = '{first.Id}'"
            )
        ).ShouldBe(1);
    }

    [Test]
    public async Task Requests_that_race_under_a_key_get_one_secret()
    {
        var made = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Task.Run(() => Send(new CreateApiKey("raced"), "race")))
        );

        made.Distinct().ShouldHaveSingleItem();
        (
            await _service.Scalar<long>(
                "select count(*) from events.mt_events where type = 'api_key_created' and data ->> 'name' = 'raced'"
            )
        ).ShouldBe(1);
    }

    [Test]
    public async Task A_secret_that_was_answered_is_not_readable_in_the_receipt()
    {
        var made = await Send(new CreateApiKey("hidden"), "hidden");

        var kept = await _service.Scalar<byte[]>("select answer from events.receipts where key = 'hidden'");
        System.Text.Encoding.Latin1.GetString(kept).ShouldNotContain(made.Key[..20]);
        (
            await _service.Scalar<long>(
                $"select count(*) from events.receipts r where r::text like '%{made.Key[8..28]}%'"
            )
        ).ShouldBe(0);
    }

    [Test]
    public async Task The_answer_is_kept_with_the_commit_though_the_service_dies_before_it_answers()
    {
        await Should.ThrowAsync<IOException>(() => Send(new DieAfterCommit("dies"), "dies"));

        var again = await Send(new DieAfterCommit("dies"), "dies");

        again.Text.ShouldBe("first");
        again.Number.ShouldBeGreaterThan(0);
    }

    [Test]
    public async Task Two_callers_of_one_organization_do_not_meet_under_one_key()
    {
        var key = $"{Guid.CreateVersion7()}";
        await Send(new AddContact("one@example.org"), key, "key:one");

        var theirs = await Send(new AddContact("two@example.org"), key, "key:two");

        theirs.Sequence.ShouldBeGreaterThan(0);
        (await Send(new AddContact("one@example.org"), key, "key:one")).Number.ShouldBeLessThan(theirs.Number);
    }

    [Test]
    public async Task A_command_that_appends_without_saying_its_answer_is_found()
    {
        var found = await Should.ThrowAsync<InvalidOperationException>(() => Send(new ForgetToAnswer(), "forgets"));

        found.Message.ShouldContain("IEventLog.Answer");
    }

    [Test]
    public async Task What_appends_nothing_is_answered_the_same_too()
    {
        var first = await Send(new AppendNothing(), "nothing");

        (await Send(new AppendNothing(), "nothing")).ShouldBe(first);
        (await Send(new AppendNothing(), "another")).ShouldNotBe(first);
    }

    [Test]
    public async Task A_repeated_request_that_is_not_valid_any_more_gets_its_first_answer()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(2));
        await using var later = await TestService.Start(
            _service.ConnectionString,
            _service.Installation.Keys.Directory,
            services => services.AddSingleton<TimeProvider>(clock)
        );
        var create = new CreateApiKey("short", ExpiresAt: TimeProvider.System.GetUtcNow().AddDays(1));
        var first = await Send(create, "expires");

        var again = await later.Send(_organization, create, caller => caller with { IdempotencyKey = "expires" });

        again.ShouldBe(first);
    }

    [Test]
    public async Task A_key_of_a_stranger_is_ignored()
    {
        CommandContext Stranger(CommandContext caller) => new() { Actor = Actors.Public, IdempotencyKey = "shared" };

        await _service.Send(Guid.Empty, new RequestVerification("ann@example.org"), Stranger);
        await _service.Send(Guid.Empty, new RequestVerification("bob@example.org"), Stranger);

        (await _service.Scalar<long>("select count(*) from events.receipts where key = 'shared'")).ShouldBe(0);
    }

    private Task<T> Send<T>(IRequest<T> request, string key, string actor = Actors.Operator) =>
        _service.Send(_organization, request, caller => caller with { IdempotencyKey = key, Actor = actor });

    private sealed record Answered(long Number, string Text);

    [RequiresOperator]
    private sealed record DieAfterCommit(string Name) : IRequest<Answered>;

    [RequiresOperator]
    private sealed record ForgetToAnswer : IRequest<Answered>;

    [RequiresOperator]
    private sealed record AppendNothing : IRequest<Answered>;

    private sealed class SpecHandler(IEventLog log)
        : IRequestHandler<DieAfterCommit, Answered>,
            IRequestHandler<ForgetToAnswer, Answered>,
            IRequestHandler<AppendNothing, Answered>
    {
        public async Task<Answered> Handle(DieAfterCommit request, CancellationToken cancellation)
        {
            await log.Answer(() => new Answered(Number: 1, "first"), Add);
            throw new IOException("The service dies here.");
        }

        public async Task<Answered> Handle(ForgetToAnswer request, CancellationToken cancellation) =>
            new((await Add(log)).Number, "");

        public Task<Answered> Handle(AppendNothing request, CancellationToken cancellation) =>
            Task.FromResult(new Answered(0, Guid.CreateVersion7().ToString()));

        private static Task<Position> Add(IEventLog log) =>
            log.Change<Contact, ContactEvent>(
                Guid.CreateVersion7(),
                contact =>
                    contact.Add(
                        new ContactAdded(
                            Sources.Api,
                            ImportId: null,
                            Consent: null,
                            "spec@example.org",
                            "Ann",
                            Metadata: null,
                            UnsubscribeTokens.Create(),
                            Evidence: null
                        )
                    ),
                CancellationToken.None
            );
    }
}
