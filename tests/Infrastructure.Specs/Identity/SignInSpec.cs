using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Infrastructure.Security;
using SchemaHub.Testing;
using static SchemaHub.Infrastructure.Specs.Identity.SigningIn;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>Signing in, and what the published tables say of it.</summary>
public sealed class SignInSpec
{
    [Test]
    public async Task A_password_is_in_three_tables_as_its_hash_once_the_address_is_verified()
    {
        await using var service = await NewService();
        var acme = await service.CreateOrganization("acme");
        await SignUp(service);
        await service.Services.Join(acme, Ann);
        (await Hashes(service)).ShouldBe("!|!|!");

        await Verify(service);

        var hashes = (await Hashes(service)).Split('|');
        hashes.ShouldAllBe(hash => hash.StartsWith("$2b$") && hash == hashes[0]);
        (
            await service.Scalar<string>(
                """
                select concat_ws('|', h.email_verified, h.email_verified_at is not null, p.email_verified)
                from smarthub.users h join podcast.users p on p.account_id = h.id where h.email = 'ann@example.org'
                """
            )
        ).ShouldBe("t|t|t");
        (
            await service.Scalar<string>("select string_agg(distinct p.password_hash, '|') from podcast.users p")
        ).ShouldBe("!");
    }

    [Test]
    public async Task A_session_is_in_three_tables_until_it_ends()
    {
        await using var service = await NewService();
        await SignUpAndVerify(service);
        var session = await SignIn(service, SessionKinds.Browser);
        var hash = ContentIds.Sha256(session.Token);

        (
            await service.Scalar<string>(
                $"""
                select concat_ws('|', b.session_token = '{hash}', h.token_hash = '{hash}', a.token_hash = '\x{hash}',
                    a.kind, host(h.ip_address), h.user_agent, h.expires_at = a.expires_at, u.last_login_at is not null,
                    b.user_id = n.number)
                from access.sessions a
                join backstage.sessions b on b.id = a.id::text
                join smarthub.sessions h on h.id = a.id
                join smarthub.users u on u.id = a.user_id
                join access.users n on n.id = a.user_id
                """
            )
        ).ShouldBe("t|t|t|browser|203.0.113.9|Firefox|t|t|t");

        await service.Send(Guid.Empty, new SignOut(), As(session));

        (await service.Scalar<string>("select s.ended_reason from access.sessions s")).ShouldBe("signed_out");
        (
            await service.Scalar<long>(
                "select (select count(*) from backstage.sessions) + (select count(*) from smarthub.sessions)"
            )
        ).ShouldBe(0);
    }

    [Test]
    public async Task A_refresh_token_shown_again_ends_the_session_and_none_is_in_a_tenants_table()
    {
        await using var service = await NewService();
        await SignUpAndVerify(service);
        var session = await SignIn(service, SessionKinds.Program);
        var second = await service.Send(Guid.Empty, new RefreshSession(session.Token));
        await service.Send(Guid.Empty, new RefreshSession(second.RefreshToken));

        var clock = service.Services.GetRequiredService<FakeTimeProvider>();
        clock.Advance(TimeSpan.FromSeconds(11));
        (await Refused(service, new RefreshSession(session.Token))).ShouldBe("refresh_token.reused");

        (await service.Scalar<long>("select count(*) from podcast.refresh_tokens")).ShouldBe(0);
        (await service.Scalar<string>("select s.ended_reason from access.sessions s")).ShouldBe("reuse");
        (await Refused(service, new RefreshSession(second.RefreshToken))).ShouldBe("refresh_token.wrong");
    }

    [Test]
    public async Task A_forged_refresh_token_ends_nobodys_session()
    {
        await using var service = await NewService();
        await SignUpAndVerify(service);
        var session = await SignIn(service, SessionKinds.Program);
        var forged = "rt_" + session.Token[3..28] + new string('A', session.Token.Length - 28);

        (await Refused(service, new RefreshSession(forged))).ShouldBe("refresh_token.wrong");
        (await Refused(service, new RefreshSession("rt_"))).ShouldBe("refresh_token.wrong");
        (await Refused(service, new RefreshSession(null))).ShouldBe("refresh_token.wrong");
        await service.Send(Guid.Empty, new RefreshSession(session.Token));
    }

    [TestCase("deactivated")]
    [TestCase("removed")]
    [TestCase("password_changed")]
    public async Task Sessions_end_with_the_account_and_with_another_password(string how)
    {
        await using var service = await NewService();
        var id = await SignUpAndVerify(service);
        var kept = await SignIn(service, SessionKinds.Browser);
        var other = await SignIn(service, SessionKinds.Program);
        switch (how)
        {
            case "deactivated":
                await service.Send(Guid.Empty, new SetUserActive(id, Active: false));
                break;
            case "removed":
                await service.Send(Guid.Empty, new RemoveUser(id));
                break;
            default:
                await service.Send(Guid.Empty, new ChangeMyPassword(Password, "another password"), As(kept));
                break;
        }

        (await Refused(service, new RefreshSession(other.Token))).ShouldBe("refresh_token.wrong");
        (
            await service.Scalar<string>(
                "select coalesce(string_agg(coalesce(s.ended_reason, '-'), '|' order by s.kind), 'none') "
                    + "from access.sessions s"
            )
        ).ShouldBe(
            how switch
            {
                "removed" => "none",
                "deactivated" => "deactivated|deactivated",
                _ => "-|password_changed",
            }
        );
    }

    [Test]
    public async Task A_reset_ends_every_session_and_works_once()
    {
        await using var service = await NewService();
        var id = await SignUpAndVerify(service);
        var session = await SignIn(service, SessionKinds.Program);
        var token = await Ask(service, new SendPasswordReset(id), AccountLink.Reset, id);

        (await Refused(service, new ResetPassword("x", "another password"))).ShouldBe("token.unknown");
        await Should.ThrowAsync<FluentValidation.ValidationException>(() =>
            service.Send(Guid.Empty, new ResetPassword(token, "password"))
        );
        await service.Send(Guid.Empty, new ResetPassword(token, "another password"));

        (await Refused(service, new ResetPassword(token, "a third password"))).ShouldBe("token.used");
        (await Refused(service, new RefreshSession(session.Token))).ShouldBe("refresh_token.wrong");
        (await Refused(service, new SignIn(Ann, Password, SessionKinds.Browser))).ShouldBe("credentials.wrong");
        await service.Send(Guid.Empty, new SignIn(Ann, "another password", SessionKinds.Browser));
    }

    [Test]
    public async Task No_session_of_the_old_password_outlives_a_reset_however_close_they_come()
    {
        await using var service = await NewService();
        var id = await SignUpAndVerify(service);
        for (var round = 0; round < 5; round++)
        {
            var (old, next) = round % 2 == 0 ? (Password, "another password") : ("another password", Password);
            var token = await Ask(service, new SendPasswordReset(id), AccountLink.Reset, id);
            var signIns = Enumerable.Range(0, 8).Select(_ => TrySignIn(service, old)).ToList();
            await service.Send(Guid.Empty, new ResetPassword(token, next));
            await Task.WhenAll(signIns);

            (await service.Scalar<long>("select count(*) from access.sessions s where s.ended_at is null")).ShouldBe(0);
            await service.Execute("delete from access.sign_in_throttle");
        }
    }

    [Test]
    public async Task Links_and_sessions_end_with_their_time()
    {
        await using var service = await NewService();
        var id = await SignUpAndVerify(service);
        var clock = service.Services.GetRequiredService<FakeTimeProvider>();
        var session = await SignIn(service, SessionKinds.Program);
        var token = await Ask(service, new SendPasswordReset(id), AccountLink.Reset, id);
        clock.Advance(TimeSpan.FromHours(1));
        (await Refused(service, new ResetPassword(token, "another password"))).ShouldBe("token.expired");

        clock.Advance(TimeSpan.FromDays(31));
        (await Refused(service, new RefreshSession(session.Token))).ShouldBe("refresh_token.wrong");
    }

    [Test]
    public async Task Whoever_cannot_sign_in_is_told_the_same_and_why_is_kept_to_ourselves()
    {
        await using var service = await NewService();
        var id = await SignUp(service);
        (await Refused(service, new SignIn(Ann, Password, SessionKinds.Browser))).ShouldBe("credentials.wrong");
        await Verify(service);
        (await Refused(service, new SignIn(Ann, "wrong", SessionKinds.Browser))).ShouldBe("credentials.wrong");
        (await Refused(service, new SignIn("bob@example.org", Password, SessionKinds.Browser))).ShouldBe(
            "credentials.wrong"
        );
        await service.Send(Guid.Empty, new SetUserActive(id, Active: false));
        (await Refused(service, new SignIn(Ann, Password, SessionKinds.Browser))).ShouldBe("credentials.wrong");
    }

    [Test]
    public async Task A_rebuild_finds_every_table_as_the_log_says()
    {
        await using var service = await NewService();
        var acme = await service.CreateOrganization("acme");
        var id = await SignUpAndVerify(service);
        await service.Services.Join(acme, Ann);
        var browser = await SignIn(service, SessionKinds.Browser);
        var program = await SignIn(service, SessionKinds.Program);
        await service.Send(Guid.Empty, new RefreshSession(program.Token));
        await service.Send(Guid.Empty, new SwitchOrganization(acme), As(browser));
        await service.Send(Guid.Empty, new ChangeMyPassword(Password, "another password"), As(browser));
        await Ask(service, new SendPasswordReset(id), AccountLink.Reset, id);
        await SignUp(service, "gone@example.org");
        await service.Send(Guid.Empty, new RemoveUser(IdOf(service, "gone@example.org")));

        foreach (var schema in new[] { "access", "backstage", "saas", "snorq", "podcast", "smarthub" })
            (await new Rebuild(service.Installation, schema).Run(default)).RowsMended.ShouldBe(0, schema);

        await service.Execute("update access.sessions set ended_at = null; delete from podcast.user_roles");
        (await new Rebuild(service.Installation, "access").Run(default)).RowsMended.ShouldBe(1);
        (await new Rebuild(service.Installation, "podcast").Run(default)).RowsMended.ShouldBe(2);
    }

    private static Task<string> Hashes(TestService service) =>
        service.Scalar<string>(
            """
            select concat_ws('|', b.password_hash, s.hashed_password, h.password_hash)
            from backstage.users b
            join saas.users s on s.email = b.email
            join smarthub.users h on h.email = b.email
            where b.email = 'ann@example.org'
            """
        );
}
