using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>A key opens what its holder and its maker may do, and nothing once either of them has left.</summary>
public sealed class KeyMakersSpec
{
    private TestService? _service;
    private Guid _acme;
    private Guid _owner;
    private Guid _admin;

    private TestService Service => _service ?? throw new InvalidOperationException("The spec has not started.");

    [SetUp]
    public async Task Start()
    {
        _service = await TestService.Create();
        _acme = await Service.CreateOrganization("acme");
        _owner = await Service.Scalar<Guid>("select id from access.users where email = 'owner@acme.example'");
        _admin = await Service.Services.Join(_acme, "admin@example.org", "admin");
    }

    [TearDown]
    public async Task Stop() => await Service.DisposeAsync();

    [Test]
    public async Task An_administrator_makes_no_key_that_the_owner_holds() =>
        (await Refused(new CreateApiKey("the owner's", UserId: _owner), Person(_admin, "admin"))).ShouldBe(
            "member.is_owner"
        );

    [TestCase("removed")]
    [TestCase("left")]
    [TestCase("account removed")]
    public async Task Nobody_comes_back_by_a_key_that_they_made(string how)
    {
        var member = await Service.Services.Join(_acme, "member@example.org");
        var own = await Service.Send(_acme, new CreateApiKey("own"), Person(_admin, "admin"));
        var held = await Service.Send(_acme, new CreateApiKey("held", UserId: member), Person(_admin, "admin"));
        var by = await Service.Send(_acme, new CreateApiKey("by a key"), Key(own, "admin"));
        var replaced = await Service.Send(_acme, new CreateApiKey("replaced", UserId: member));
        var shown = await Service.Send(_acme, new RotateApiKey(replaced.Id), Person(_admin, "admin"));
        NewApiKey[] all = [own, held, by, shown];
        foreach (var key in all)
            (await Known(key)).ShouldNotBeNull();

        await (
            how switch
            {
                "removed" => Service.Send(_acme, new RemoveMember(_admin)),
                "left" => Service.Send(_acme, new LeaveOrganization(), Person(_admin, "admin")),
                _ => Service.Send(Guid.Empty, new RemoveUser(_admin)),
            }
        );

        foreach (var key in all)
        {
            (await Known(key)).ShouldBeNull();
            (await Shown(key)).RevokedAt.ShouldNotBeNull();
        }

        // Not by coming back, either.
        await Service.Services.Join(_acme, "admin@example.org", "admin");
        foreach (var key in all)
            (await Known(key)).ShouldBeNull();
    }

    [Test]
    public async Task A_key_opens_what_both_may_do_and_nothing_while_either_is_suspended()
    {
        var member = await Service.Services.Join(_acme, "member@example.org");
        var key = await Service.Send(_acme, new CreateApiKey("held", UserId: member), Person(_admin, "admin"));
        (await Known(key)).ShouldNotBeNull().Access.May("contacts:write").ShouldBeTrue();
        (await Known(key))!.Access.May("contacts:erase").ShouldBeFalse();

        await Service.Send(_acme, new ChangeMemberRole(_admin, "viewer"));
        (await Known(key))!.Access.May("contacts:read").ShouldBeTrue();
        (await Known(key))!.Access.May("contacts:write").ShouldBeFalse();
        foreach (var somebody in new[] { _admin, member })
        {
            await Service.Send(_acme, new SetMemberActive(somebody, Active: false));
            (await Known(key)).ShouldBeNull();
            await Service.Send(_acme, new SetMemberActive(somebody, Active: true));
            (await Known(key)).ShouldNotBeNull();
        }
    }

    [Test]
    public async Task A_key_of_somebody_else_is_shown_as_a_program_of_the_organization()
    {
        var member = await Service.Services.Join(_acme, "member@example.org");
        var held = await Service.Send(_acme, new CreateApiKey("held", UserId: member), Person(_admin, "admin"));
        var own = await Service.Send(_acme, new CreateApiKey("own"), Person(_admin, "admin"));

        var shown = await Shown(held);
        (shown.UserId, shown.MadeBy, shown.IsProgramOfOrganization).ShouldBe((member, _admin, true));
        shown = await Shown(own);
        (shown.UserId, shown.MadeBy, shown.IsProgramOfOrganization).ShouldBe((_admin, _admin, false));
    }

    [Test]
    public async Task Nobody_changes_a_key_of_somebody_with_more_rights()
    {
        var owners = await Service.Send(
            _acme,
            new CreateApiKey("x", Scopes: ["contacts:read"]),
            Person(_owner, "owner")
        );
        var own = await Service.Send(_acme, new CreateApiKey("y", Scopes: ["contacts:read"]), Person(_admin, "admin"));

        foreach (
            var refused in new[]
            {
                await Refused(new RevokeApiKey(owners.Id), Person(_admin, "admin")),
                await Refused(new ChangeApiKey(owners.Id, "mine", null), Person(_admin, "admin")),
                await Refused(new RotateApiKey(owners.Id), Person(_admin, "admin")),
            }
        )
            refused.ShouldBe("api_key.beyond_own");

        (await Known(owners)).ShouldNotBeNull();
        await Service.Send(_acme, new RevokeApiKey(own.Id), Person(_owner, "owner"));
        (await Known(own)).ShouldBeNull();
    }

    [Test]
    public async Task A_key_is_revoked_with_the_key_that_made_it_and_the_secret_before_with_its_own_maker()
    {
        var first = await Service.Send(_acme, new CreateApiKey("first"), Person(_owner, "owner"));
        var second = await Service.Send(_acme, new CreateApiKey("second"), Key(first, "owner"));
        var third = await Service.Send(_acme, new CreateApiKey("third"), Key(second, "owner"));
        await Service.Send(_acme, new RevokeApiKey(first.Id), Person(_owner, "owner"));
        foreach (var key in new[] { first, second, third })
            (await Known(key)).ShouldBeNull();

        var made = await Service.Send(_acme, new CreateApiKey("made", RotationPolicy: "30d"), Person(_admin, "admin"));
        var shown = await Service.Send(_acme, new RotateApiKey(made.Id), Person(_owner, "owner"));
        (await Known(made)).ShouldNotBeNull();
        await Service.Send(_acme, new SetMemberActive(_admin, Active: false));
        (await Known(made)).ShouldBeNull();
        shown.Id.ShouldBe(made.Id);
    }

    [Test]
    public async Task The_secret_before_opens_nothing_for_a_maker_whose_membership_was_broken_after_it_was_shown()
    {
        var member = await Service.Services.Join(_acme, "member@example.org");
        var create = new CreateApiKey("made", UserId: member, RotationPolicy: "30d", Scopes: ["contacts:read"]);
        var made = await Service.Send(_acme, create, Person(_admin, "admin"));
        var later = await Service.Send(_acme, create);
        // As when the key is made while its maker leaves, which then does not revoke it.
        await Service.Change<Organization, OrganizationEvent>($"{_acme}", _acme, acme => acme.Leave(_admin));
        await Service.Services.Join(_acme, "admin@example.org", "admin");

        await Service.Send(_acme, new RotateApiKey(made.Id), Person(_owner, "owner"));
        (await Known(made)).ShouldBeNull();

        // A maker who was shown a secret after the membership began is in no way kept from it.
        var shown = await Service.Send(_acme, new RotateApiKey(later.Id), Person(_admin, "admin"));
        await Service.Send(_acme, new RotateApiKey(later.Id), Person(_owner, "owner"));
        (await Known(shown)).ShouldNotBeNull();
    }

    private static Func<CommandContext, CommandContext> Person(Guid user, string role) =>
        caller => caller with { Actor = $"user:{user}", UserId = user, Access = Of(role) };

    private static Func<CommandContext, CommandContext> Key(NewApiKey key, string role) =>
        caller => caller with { Actor = $"key:{key.Id}", Access = Of(role) };

    private static Application.Access.Access Of(string role) =>
        Application.Access.Access.Of(SystemRoles.All.Single(one => one.Slug == role).Permissions);

    private async Task<string> Refused<T>(MediatR.IRequest<T> request, Func<CommandContext, CommandContext> caller) =>
        (await Should.ThrowAsync<RuleBrokenException>(() => Service.Send(_acme, request, caller))).Code;

    private ValueTask<KnownCaller?> Known(NewApiKey key) =>
        Service.Services.GetRequiredService<AccessDirectory>().OfKey(key.Key, CancellationToken.None);

    private Task<PublishedApiKey> Shown(NewApiKey key) => Service.Send(_acme, new GetApiKey(key.Id));
}
