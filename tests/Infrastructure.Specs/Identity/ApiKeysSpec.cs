using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application;
using SchemaHub.Application.Access;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>What keys open, for how long, and who may make them.</summary>
public sealed class ApiKeysSpec
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private FakeTimeProvider _clock = new(Start);
    private TestService? _service;
    private Guid _acme;

    private TestService Service => _service ?? throw new InvalidOperationException("The spec has not started.");

    private AccessDirectory Directory => Service.Services.GetRequiredService<AccessDirectory>();

    [SetUp]
    public async Task NewOrganization()
    {
        _clock = new FakeTimeProvider(Start);
        _service = await TestService.Create(services => services.AddSingleton<TimeProvider>(_clock));
        _acme = await Service.CreateOrganization("acme");
    }

    [TearDown]
    public async Task Stop() => await Service.DisposeAsync();

    [Test]
    public async Task A_key_opens_what_is_in_its_scopes_as_far_as_its_holder_may()
    {
        var ann = await Service.Services.Join(_acme, "ann@example.org", "viewer");

        var key = await Service.Send(
            _acme,
            new CreateApiKey("Ann's", UserId: ann, Scopes: ["contacts:read", "contacts:write"])
        );

        (await Permissions(key)).ShouldBe(["contacts:read"]);
        await Service.Send(_acme, new ChangeMemberRole(ann, "member"));
        (await Permissions(key)).ShouldBe(["contacts:read", "contacts:write"], ignoreOrder: true);
        (await Service.Scalar<string>("select array_to_string(scopes, ' ') from podcast.api_keys")).ShouldBe(
            "contacts:read contacts:write"
        );
    }

    [Test]
    public async Task Nobody_makes_a_key_that_opens_more_than_they_may_do()
    {
        var refused = await Should.ThrowAsync<RuleBrokenException>(() =>
            Service.Send(_acme, new CreateApiKey("x", Scopes: ["contacts:read", "contacts:erase"]), Keymaker)
        );

        refused.Code.ShouldBe("api_key.beyond_own");
        refused.Message.ShouldContain("contacts:erase");
        refused.Message.ShouldNotContain("contacts:read");
        (await Service.Scalar<long>("select count(*) from access.api_keys")).ShouldBe(0);
    }

    [Test]
    public async Task A_key_without_scopes_carries_what_its_maker_has_and_not_what_its_holder_has()
    {
        var key = await Service.Send(_acme, new CreateApiKey("x"), Keymaker);

        (await Permissions(key)).ShouldBe(["contacts:read", "keys:write"], ignoreOrder: true);
    }

    [Test]
    public async Task Nobody_learns_the_secret_of_a_key_that_opens_more_than_they_may_do()
    {
        var owners = await Service.Send(_acme, new CreateApiKey("the owner's"));
        await Service.Send(_acme, new SaveRole("narrow", "Narrow", null, ["contacts:read"]));
        var ann = await Service.Services.Join(_acme, "ann@example.org", "narrow");
        var narrow = await Service.Send(_acme, new CreateApiKey("narrow", UserId: ann, Scopes: ["contacts:read"]));

        (
            await Should.ThrowAsync<RuleBrokenException>(() =>
                Service.Send(_acme, new RotateApiKey(owners.Id), Keymaker)
            )
        ).Code.ShouldBe("api_key.beyond_own");
        (await Permissions(owners)).ShouldContain("contacts:erase");
        (await Permissions(await Service.Send(_acme, new RotateApiKey(narrow.Id), Keymaker))).ShouldBe([
            "contacts:read",
        ]);
    }

    [Test]
    public async Task A_person_makes_keys_of_their_own()
    {
        var ann = await Service.Services.Join(_acme, "ann@example.org", "admin");

        var key = await Service.Send(_acme, new CreateApiKey("x", Scopes: ["contacts:read"]), SignedIn);

        (await Known(key.Key)).ShouldNotBeNull().User.ShouldBe(ann);

        CommandContext SignedIn(CommandContext caller) =>
            caller.ProvenAs(ann) with
            {
                Access = Application.Access.Access.Of(["keys:write", "contacts:read"]),
            };
    }

    [Test]
    public async Task Both_secrets_open_during_the_grace_and_the_newer_one_after()
    {
        var first = await Service.Send(_acme, new CreateApiKey("x", RotationPolicy: "30d"));
        var second = await Service.Send(_acme, new RotateApiKey(first.Id));

        second.PreviousUntil.ShouldBe(Start.AddHours(24));
        (await Known(first.Key)).ShouldNotBeNull().Key.ShouldBe(first.Id);
        (await Known(second.Key)).ShouldNotBeNull().Key.ShouldBe(first.Id);
        (await Shown(first.Id)).PreviousUntil.ShouldBe(Start.AddHours(24));

        _clock.SetUtcNow(Start.AddHours(24));
        (await Known(first.Key)).ShouldBeNull();
        (await Known(second.Key)).ShouldNotBeNull();
        (await Shown(first.Id)).PreviousUntil.ShouldBeNull();
    }

    [Test]
    public async Task After_a_leak_the_secret_before_opens_nothing_at_once()
    {
        var first = await Service.Send(_acme, new CreateApiKey("x", RotationPolicy: "30d"));
        var second = await Service.Send(_acme, new RotateApiKey(first.Id, GraceHours: 168));
        var third = await Service.Send(_acme, new RotateApiKey(first.Id, GraceHours: 0));

        (await Known(first.Key)).ShouldBeNull();
        (await Known(second.Key)).ShouldBeNull();
        (await Known(third.Key)).ShouldNotBeNull();
    }

    [Test]
    public async Task A_revocation_ends_both_secrets()
    {
        var first = await Service.Send(_acme, new CreateApiKey("x"));
        var second = await Service.Send(_acme, new RotateApiKey(first.Id, GraceHours: 24));

        await Service.Send(_acme, new RevokeApiKey(first.Id, "lost"));

        (await Known(first.Key)).ShouldBeNull();
        (await Known(second.Key)).ShouldBeNull();
        (await Shown(first.Id)).RevokedReason.ShouldBe("lost");
    }

    [Test]
    public async Task Ends_are_kept_by_the_clock_also_from_memory()
    {
        using var stopping = new CancellationTokenSource();
        var listening = Service.Services.GetRequiredService<AccessListener>().RunAsync(stopping.Token);
        await Eventually.True(() => Directory.IsListening);
        var ending = await Service.Send(_acme, new CreateApiKey("x", ExpiresAt: Start.AddHours(2)));
        var graced = await Service.Send(_acme, new CreateApiKey("y"));
        await Service.Send(_acme, new RotateApiKey(graced.Id, GraceHours: 1));
        await Known(ending.Key);
        await Known(graced.Key);
        var asked = Directory.Asked;

        // An hour without a sign of the listener: memory is believed from its next one on.
        _clock.SetUtcNow(Start.AddHours(1).AddTicks(-1));
        await Eventually.True(() => Directory.IsListening);
        (await Known(graced.Key)).ShouldNotBeNull();
        _clock.SetUtcNow(Start.AddHours(2).AddTicks(-1));
        await Eventually.True(() => Directory.IsListening);
        (await Known(ending.Key)).ShouldNotBeNull();
        Directory.Asked.ShouldBe(asked);

        (await Known(graced.Key)).ShouldBeNull();
        _clock.SetUtcNow(Start.AddHours(2));
        (await Known(ending.Key)).ShouldBeNull();
        await stopping.CancelAsync();
        await listening;
    }

    [TestCase("free")]
    [TestCase("pro")]
    public async Task An_organization_on_a_lesser_plan_gets_no_keys(string plan)
    {
        var other = await Service.Send(
            Guid.Empty,
            new CreateOrganization("Other", "other", "owner@other.example", Plan: plan)
        );

        (await Should.ThrowAsync<RuleBrokenException>(() => Service.Send(other, new CreateApiKey("x")))).Code.ShouldBe(
            "plan.api_access"
        );
    }

    [Test]
    public async Task What_its_policy_wants_is_noted_once_and_the_key_goes_on_opening()
    {
        var key = await Service.Send(_acme, new CreateApiKey("x", RotationPolicy: "30d"));
        (await Service.Send(Guid.Empty, new NoticeDueKeys())).ShouldStartWith("0 keys");
        (await Shown(key.Id)).RotationDue.ShouldBeFalse();

        _clock.SetUtcNow(Start.AddDays(30));
        (await Service.Send(Guid.Empty, new NoticeDueKeys())).ShouldStartWith("1 keys");
        (await Service.Send(Guid.Empty, new NoticeDueKeys())).ShouldStartWith("0 keys");

        (await Shown(key.Id)).RotationDue.ShouldBeTrue();
        (await Known(key.Key)).ShouldNotBeNull();
        (
            await Service.Scalar<long>(
                "select count(*) from podcast.security_events where event_type = 'api_key_rotation_due'"
            )
        ).ShouldBe(1);
        await Service.Send(_acme, new RotateApiKey(key.Id));
        (await Shown(key.Id)).RotationDue.ShouldBeFalse();
    }

    [TestCase(-1)]
    [TestCase(169)]
    public async Task A_grace_that_is_too_long_is_refused_by_its_field(int hours)
    {
        var key = await Service.Send(_acme, new CreateApiKey("x"));

        (
            await Should.ThrowAsync<FluentValidation.ValidationException>(() =>
                Service.Send(_acme, new RotateApiKey(key.Id, hours))
            )
        )
            .Errors.Single()
            .PropertyName.ShouldBe("GraceHours");
    }

    [Test]
    public async Task Scopes_that_are_none_are_refused_by_their_field()
    {
        foreach (var scopes in new[] { [], new[] { "moon:land" } })
            (
                await Should.ThrowAsync<FluentValidation.ValidationException>(() =>
                    Service.Send(_acme, new CreateApiKey("x", Scopes: scopes))
                )
            )
                .Errors.Single()
                .PropertyName.ShouldBe("Scopes");
    }

    private static CommandContext Keymaker(CommandContext caller) =>
        caller with
        {
            Actor = $"key:{Guid.CreateVersion7()}",
            Access = Application.Access.Access.Of(["keys:write", "contacts:read"]),
        };

    private async Task<IReadOnlySet<string>> Permissions(NewApiKey key) =>
        (await Known(key.Key)).ShouldNotBeNull().Access.Permissions;

    private ValueTask<KnownCaller?> Known(string key) => Directory.OfKey(key, CancellationToken.None);

    private Task<PublishedApiKey> Shown(Guid id) => Service.Send(_acme, new GetApiKey(id));
}
