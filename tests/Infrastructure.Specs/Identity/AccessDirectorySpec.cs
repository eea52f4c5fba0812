using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>
/// Two nodes on one database: one changes something, and the other, which remembers, hears of it and does not ask.
/// </summary>
public sealed class AccessDirectorySpec
{
    private TestService? _here;
    private TestService? _there;
    private CancellationTokenSource? _stopping;
    private Task? _listening;

    private TestService Here => _here ?? throw new InvalidOperationException("The spec has not started.");

    private AccessDirectory Directory => _there!.Services.GetRequiredService<AccessDirectory>();

    [SetUp]
    public async Task StartTwoNodes()
    {
        _here = await TestService.Create();
        _there = await TestService.Start(_here.ConnectionString, _here.Installation.Keys.Directory);
        _stopping = new CancellationTokenSource();
        _listening = _there.Services.GetRequiredService<AccessListener>().RunAsync(_stopping.Token);
        await Eventually.True(() => Directory.IsListening);
    }

    [TearDown]
    public async Task Stop()
    {
        await _stopping!.CancelAsync();
        await _listening!;
        _stopping.Dispose();
        await _there!.DisposeAsync();
        await _here!.DisposeAsync();
    }

    [Test]
    public async Task A_key_is_asked_for_once_and_remembered()
    {
        var acme = await Here.CreateOrganization("acme");
        var key = await Here.Send(acme, new CreateApiKey("shop"));

        var first = await Known(key.Key);
        var asked = Directory.Asked;
        for (var i = 0; i < 100; i++)
            (await Known(key.Key)).ShouldBeSameAs(first);

        Directory.Asked.ShouldBe(asked);
        first.Actor.ShouldBe($"key:{key.Id}");
        first.Tenant.ShouldBe(acme.ToString());
        first.Access.May("organization:transfer").ShouldBeTrue();
        first.Plan.ShouldBe("business");
    }

    [Test]
    public async Task Unknown_and_malformed_keys_open_nothing_and_are_not_remembered()
    {
        var unknown = "sk_live_" + new string('0', 64);

        (await Directory.OfKey(unknown, CancellationToken.None)).ShouldBeNull();
        (await Directory.OfKey(unknown, CancellationToken.None)).ShouldBeNull();
        Directory.Asked.ShouldBe(2);
        foreach (var malformed in new[] { "", "sk_live_", unknown + "0", unknown.ToUpperInvariant(), unknown + "\n" })
            (await Directory.OfKey(malformed, CancellationToken.None)).ShouldBeNull();

        Directory.Asked.ShouldBe(2);
    }

    [Test]
    public async Task A_revocation_reaches_the_other_node()
    {
        var acme = await Here.CreateOrganization("acme");
        var key = await Here.Send(acme, new CreateApiKey("shop"));
        var other = await Here.Send(acme, new CreateApiKey("other"));
        await Known(key.Key);
        var kept = await Known(other.Key);

        await Here.Send(acme, new RevokeApiKey(key.Id, "lost"));

        await Eventually.True(async () => await Directory.OfKey(key.Key, CancellationToken.None) is null);
        (await Known(other.Key)).ShouldBeSameAs(kept);
    }

    [Test]
    public async Task The_revocation_of_a_key_reaches_a_node_that_remembers_a_key_which_it_made()
    {
        var acme = await Here.CreateOrganization("acme");
        var maker = await Here.Send(acme, new CreateApiKey("maker"));
        var made = await Here.Send(acme, new CreateApiKey("made"), caller => caller with { Actor = $"key:{maker.Id}" });
        await Known(made.Key);

        // Alone: a key that is made while its maker is revoked is not revoked with it, and opens nothing all the same.
        await Here.Change<ApiKey, ApiKeyEvent>(acme.ToString(), maker.Id, key => key.Revoke(reason: null));

        await Eventually.True(async () => await Directory.OfKey(made.Key, CancellationToken.None) is null);
    }

    [Test]
    public async Task A_change_of_a_role_reaches_the_other_node()
    {
        var (acme, ann, key) = await KeyOfAnn("member");
        (await Known(key)).Access.May("contacts:erase").ShouldBeFalse();

        await Here.Send(acme, new ChangeMemberRole(ann, "admin"));
        await Eventually.True(async () => (await Known(key)).Access.May("contacts:erase"));

        await Here.Send(acme, new SaveRole("reader", "Reader", null, ["contacts:read"]));
        await Here.Send(acme, new ChangeMemberRole(ann, "reader"));
        await Eventually.True(async () => (await Known(key)).Access.Permissions.SetEquals(["contacts:read"]));

        await Here.Send(acme, new SaveRole("reader", "Reader", null, ["inbox:read"]));
        await Eventually.True(async () => (await Known(key)).Access.Permissions.SetEquals(["inbox:read"]));
    }

    [Test]
    public async Task The_key_of_a_member_who_left_opens_nothing()
    {
        var (acme, ann, key) = await KeyOfAnn("member");
        await Known(key);

        await Here.Send(acme, new RemoveMember(ann));

        await Eventually.True(async () => await Directory.OfKey(key, CancellationToken.None) is null);
    }

    [Test]
    public async Task The_key_of_a_member_whose_account_is_closed_opens_nothing_until_it_opens_again()
    {
        var (acme, ann, key) = await KeyOfAnn("member");
        await Known(key);

        await Here.Send(acme, new SetUserActive(ann, Active: false));
        await Eventually.True(async () => await Directory.OfKey(key, CancellationToken.None) is null);

        await Here.Send(acme, new SetUserActive(ann, Active: true));
        (await Directory.OfKey(key, CancellationToken.None)).ShouldNotBeNull();
    }

    [Test]
    public async Task The_keys_of_a_closed_organization_open_nothing()
    {
        var (acme, _, key) = await KeyOfAnn("member");
        await Known(key);

        await Here.Send(acme, new CloseOrganization());

        await Eventually.True(async () => await Directory.OfKey(key, CancellationToken.None) is null);
    }

    [Test]
    public async Task A_node_knows_its_own_changes_before_they_are_answered()
    {
        var (acme, _, _) = await KeyOfAnn("member");
        var node = _there!;
        for (var i = 0; i < 20; i++)
        {
            var key = await node.Send(acme, new CreateApiKey("short-lived"));
            await Known(key.Key);
            await node.Send(acme, new RevokeApiKey(key.Id));
            (await Directory.OfKey(key.Key, CancellationToken.None)).ShouldBeNull();
        }
    }

    [Test]
    public async Task Nothing_is_believed_once_nothing_can_be_heard_until_it_can_again()
    {
        var acme = await Here.CreateOrganization("acme");
        var key = await Here.Send(acme, new CreateApiKey("shop"));
        await Known(key.Key);
        // Past the log, so that nobody is told.
        await Here.Execute("update access.api_keys set revoked_at = now()");
        (await Directory.OfKey(key.Key, CancellationToken.None)).ShouldNotBeNull();

        (await KillListeners()).ShouldBe(1);

        await Eventually.True(async () => await Directory.OfKey(key.Key, CancellationToken.None) is null);
        await Eventually.True(() => Directory.IsListening);
        var second = await Here.Send(acme, new CreateApiKey("second"));
        var known = await Known(second.Key);
        (await Known(second.Key)).ShouldBeSameAs(known);
        await Here.Send(acme, new RevokeApiKey(second.Id));
        await Eventually.True(async () => await Directory.OfKey(second.Key, CancellationToken.None) is null);
    }

    [Test]
    public async Task A_rebuild_of_the_services_own_tables_lets_everything_be_looked_up_anew()
    {
        var acme = await Here.CreateOrganization("acme");
        var key = await Here.Send(acme, new CreateApiKey("shop"));
        await Here.Execute(
            "update access.role_permissions set permission = 'contacts:reed' where permission = 'contacts:read'"
        );
        (await Known(key.Key)).Access.May("contacts:read").ShouldBeFalse();

        await new Rebuild(Here.Installation, "access").Run(CancellationToken.None);

        await Eventually.True(async () => (await Known(key.Key)).Access.May("contacts:read"));
    }

    [TestCase(SessionKinds.Browser)]
    [TestCase(SessionKinds.Program)]
    public async Task A_session_that_ended_reaches_the_other_node(string kind)
    {
        var acme = await Here.CreateOrganization("acme");
        var ann = await Here.Services.Join(acme, "ann@example.org", "member");
        var (id, token) = await SignIn(ann, acme, kind);
        var known = (await Session(kind, id, token)).ShouldNotBeNull();
        known.Actor.ShouldBe($"user:{ann}");
        (known.User, known.Session, known.Key, known.Organization).ShouldBe((ann, id, null, acme));
        known.Access.May("contacts:write").ShouldBeTrue();
        (await Session(kind, id, token)).ShouldBeSameAs(known);
        // What is one kind's opens nothing as the other.
        (
            await Session(kind == SessionKinds.Browser ? SessionKinds.Program : SessionKinds.Browser, id, token)
        ).ShouldBeNull();

        await Change(id, session => session.End(SessionEnds.SignedOut));

        await Eventually.True(async () => await Session(kind, id, token) is null);
    }

    [Test]
    public async Task A_person_works_in_the_organization_that_was_chosen_as_long_as_they_belong_to_it()
    {
        var acme = await Here.CreateOrganization("acme");
        var other = await Here.CreateOrganization("other");
        var ann = await Here.Services.Join(acme, "ann@example.org", "admin");
        await Here.Services.Join(other, "ann@example.org", "viewer");
        var (id, token) = await SignIn(ann, acme, SessionKinds.Browser);
        (await Session(SessionKinds.Browser, id, token)).ShouldNotBeNull().Access.May("keys:write").ShouldBeTrue();

        await Change(id, session => session.MoveTo(other, TimeProvider.System.GetUtcNow()));
        await Eventually.True(async () => (await Session(SessionKinds.Browser, id, token))!.Organization == other);
        (await Session(SessionKinds.Browser, id, token))!.Access.May("keys:write").ShouldBeFalse();

        await Here.Send(other, new RemoveMember(ann));
        await Eventually.True(async () => (await Session(SessionKinds.Browser, id, token))!.Organization is null);
        (await Session(SessionKinds.Browser, id, token))!.Access.Permissions.ShouldBeEmpty();

        await Here.Send(acme, new SetUserActive(ann, Active: false));
        await Eventually.True(async () => await Session(SessionKinds.Browser, id, token) is null);
    }

    private async Task<(Guid Id, string Token)> SignIn(Guid user, Guid organization, string kind)
    {
        var (id, token) = (Guid.CreateVersion7(), Here.Services.GetRequiredService<ISessionTokens>().CreateBrowser());
        var number = await Here.Scalar<int>($"select number from access.users where id = '{user}'");
        await Change(
            id,
            session =>
                session.Start(
                    new Person(user, number),
                    kind,
                    ContentIds.Sha256(token),
                    organization,
                    TimeProvider.System.GetUtcNow()
                )
        );
        return (id, token);
    }

    private Task<Position> Change(Guid session, Func<Session, IReadOnlyList<SessionEvent>> decide) =>
        Here.Change(Tenant.System, session, decide);

    private ValueTask<KnownCaller?> Session(string kind, Guid id, string token) =>
        kind == SessionKinds.Browser
            ? Directory.OfSessionToken(token, CancellationToken.None)
            : Directory.OfSession(id, CancellationToken.None);

    private async Task<(Guid Organization, Guid Ann, string Key)> KeyOfAnn(string role)
    {
        var acme = await Here.CreateOrganization("acme");
        var ann = await Here.Services.Join(acme, "ann@example.org", role);
        var key = await Here.Send(acme, new CreateApiKey("Ann's", UserId: ann));
        return (acme, ann, key.Key);
    }

    private async Task<KnownCaller> Known(string key) =>
        (await Directory.OfKey(key, CancellationToken.None)).ShouldNotBeNull();

    private Task<long> KillListeners() =>
        Here.Scalar<long>(
            """
            select count(*) filter (where pg_terminate_backend(a.pid))
            from pg_stat_activity a
            where a.application_name = 'schemahub listener' and a.datname = current_database()
            """
        );
}
