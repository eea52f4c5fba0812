using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>
/// A person, an organization, a role, a key exists once and is published in every schema's own shape.
/// </summary>
public sealed class FiveShapesSpec
{
    private static readonly string[] Schemas = ["backstage", "saas", "snorq", "podcast", "smarthub"];

    [Test]
    public async Task A_new_user_appears_in_five_tables_each_with_its_own_kind_of_id()
    {
        await using var service = await TestService.Create();
        var acme = await service.CreateOrganization("acme");

        var ann = await service.Services.Join(acme, "ann@example.org", "admin", "Ann Lee");

        (
            await service.Scalar<string>(
                $"""
                select concat_ws('|', b.email, s.email, q.id = access.cuid('{ann}'), q.name, p.tenant_id = '{acme}',
                    h.username, s.id = b.id, p.id = m.id, p.password_hash)
                from backstage.users b
                join saas.users s on s.email = b.email
                join snorq.users q on q.email = b.email
                join podcast.users p on p.email = b.email
                join smarthub.users h on h.id = p.account_id
                join access.memberships m on m.organization_id = p.tenant_id and m.user_id = p.account_id
                where h.id = '{ann}'
                """
            )
        ).ShouldBe("ann@example.org|ann@example.org|t|Ann Lee|t|ann@example.org|t|t|!");
        (
            await service.Scalar<string>(
                $"""
                select concat_ws('|', m.role, t.slug, r.slug, hr.name, pr.name, tm.is_active)
                from snorq.organization_members m
                join saas.teams t on t.organization_id = '{acme}'
                join saas.team_members tm on tm.team_id = t.id
                join saas.roles r on r.id = tm.role_id
                join smarthub.user_roles hu on hu.user_id = '{ann}'
                join smarthub.roles hr on hr.id = hu.role_id
                join podcast.users p on p.account_id = '{ann}'
                join podcast.user_roles pu on pu.user_id = p.id
                join podcast.roles pr on pr.id = pu.role_id and pr.tenant_id = '{acme}'
                join saas.users u on u.id = tm.user_id and u.email = 'ann@example.org'
                where m.user_id = access.cuid('{ann}')
                """
            )
        ).ShouldBe("ADMIN|acme|admin|admin|admin|t");
    }

    [Test]
    public async Task Every_change_is_in_the_audit_tables_with_who_did_it_and_from_where()
    {
        await using var service = await TestService.Create();
        var acme = await service.CreateOrganization("acme");
        await service.Send(acme, new RenameOrganization("Acme Inc."), Caller);

        (
            await service.Scalar<string>(
                """
                select concat_ws('|', h.entity_type, h.action, h.changes, host(h.ip_address), h.user_agent, p.action,
                    p.changes = h.changes)
                from smarthub.audit_logs h
                join podcast.audit_logs p on p.id = h.id
                where p.action = 'organization_renamed'
                """
            )
        ).ShouldBe(
            "organization|UPDATE|{\"after\": {\"name\": \"Acme Inc.\"}, \"before\": {\"name\": \"acme\"}}"
                + "|203.0.113.9|spec/1|organization_renamed|t"
        );
        (
            await service.Scalar<long>("select count(*) from saas.security_audit_logs where action = 'CREATE'")
        ).ShouldBeGreaterThan(0);
        (
            await service.Scalar<long>(
                "select count(*) from podcast.security_events where event_type = 'member_joined'"
            )
        ).ShouldBe(1);
        (await service.Scalar<long>("select count(*) from podcast.audit_logs a where a::text like '%@%'")).ShouldBe(0);
    }

    [Test]
    public async Task Ownership_moves_and_an_owner_cannot_leave_or_be_removed_before()
    {
        await using var service = await TestService.Create();
        var acme = await service.CreateOrganization("acme");
        var bob = await service.Services.Join(acme, "bob@example.org");
        var owner = await service.Scalar<Guid>("select id from access.users where email = 'owner@acme.example'");

        (await Should.ThrowAsync<RuleBrokenException>(() => service.Send(acme, new RemoveMember(owner)))).Code.ShouldBe(
            "member.is_owner"
        );
        (await Should.ThrowAsync<RuleBrokenException>(() => service.Send(acme, new RemoveUser(owner)))).Code.ShouldBe(
            "account.owns_organization"
        );
        await service.Send(acme, new TransferOwnership(bob));

        (
            await service.Scalar<string>(
                "select string_agg(role::text, ',' order by role) from snorq.organization_members"
            )
        ).ShouldBe("OWNER,ADMIN");
        (
            await service.Scalar<string>(
                "select u.email from saas.teams t join saas.users u on u.id = t.owner_id where t.slug = 'acme'"
            )
        ).ShouldBe("bob@example.org");
        await service.Send(acme, new RemoveUser(owner));
        (await service.Scalar<long>("select count(*) from snorq.organization_members")).ShouldBe(1);
    }

    [Test]
    public async Task A_removed_person_leaves_nameless_rows_and_may_come_back()
    {
        await using var service = await TestService.Create();
        var acme = await service.CreateOrganization("acme");
        var ann = await service.Services.Join(acme, "ann@example.org", "member", "Ann Lee");
        await service.Send(acme, new ChangeUser(ann, "Ann Lee", "Ann", "Lee", "https://example.org/ann.png"));

        await service.Send(acme, new RemoveUser(ann));

        foreach (var schema in Schemas)
            (
                await service.Scalar<long>(
                    $"select count(*) from {schema}.users u where u::text ilike '%ann%' or u::text ilike '%lee%'"
                )
            ).ShouldBe(0, schema);

        var again = await service.Services.Join(acme, "ann@example.org");
        again.ShouldBe(ann);
        (
            await service.Scalar<string>($"select email from smarthub.users where id = '{ann}' and deleted_at is null")
        ).ShouldBe("ann@example.org");
        (await service.Scalar<long>("select count(*) from saas.team_members where is_active")).ShouldBe(2);
    }

    [Test]
    public async Task A_rebuild_of_every_schema_changes_no_row()
    {
        await using var service = await TestService.Create();
        var acme = await service.CreateOrganization("acme");
        var other = await service.CreateOrganization("other");
        var ann = await service.Services.Join(acme, "ann@example.org", "admin", "Ann");
        await service.Services.Join(other, "ann@example.org");
        await service.Send(acme, new SaveRole("editor", "Editor", "Writes", ["contacts:read", "campaigns:write"]));
        await service.Services.Join(acme, "ed@example.org", "editor");
        await service.Send(acme, new SaveRole("editor", "Editors", null, ["contacts:read", "campaigns:read"]));
        await service.Send(acme, new ChangeUser(ann, "Ann Lee", "Ann", "Lee"));
        await service.Send(other, new RemoveMember(ann));
        await service.Services.Join(other, "ann@example.org", "viewer");
        await service.Send(acme, new TransferOwnership(ann));
        await service.Send(Guid.Empty, new SetUserRole(ann, "superadmin", Held: true));
        await service.Send(Guid.Empty, new SetUserRole(ann, "viewer", Held: true));
        await service.Send(Guid.Empty, new SetUserRole(ann, "viewer", Held: false));
        (await service.Scalar<long>("select count(*) from saas.user_roles")).ShouldBe(1);
        (await service.Scalar<long>("select count(*) from smarthub.user_roles where organization_id is null")).ShouldBe(
            1
        );
        var key = await service.Send(acme, new CreateApiKey("one", RotationPolicy: "30d"));
        await service.Send(acme, new RotateApiKey(key.Id));
        await service.Send(acme, new ChangeApiKey(key.Id, "uno", "the first"));
        await service.Send(acme, new RevokeApiKey(key.Id, "lost"));
        await service.Send(acme, new SetMemberActive(ann, Active: true));
        await service.Send(acme, new RemoveUser(await service.Services.Join(acme, "gone@example.org")));
        await service.Services.Join(acme, "gone@example.org");
        await service.Send(other, new CloseOrganization());
        await service.Execute("update saas.api_keys set usage_count = 7, last_used_at = now()");

        foreach (var schema in Schemas)
            (await new Rebuild(service.Installation, schema).Run(CancellationToken.None)).RowsMended.ShouldBe(
                0,
                schema
            );
    }

    [Test]
    public async Task A_role_that_somebody_holds_is_not_removed()
    {
        await using var service = await TestService.Create();
        var acme = await service.CreateOrganization("acme");
        await service.Send(acme, new SaveRole("editor", "Editor", null, ["contacts:read"]));
        var ed = await service.Services.Join(acme, "ed@example.org", "editor");

        (
            await Should.ThrowAsync<RuleBrokenException>(() => service.Send(acme, new RemoveRole("editor")))
        ).Code.ShouldBe("role.held");
        await service.Send(acme, new ChangeMemberRole(ed, "member"));
        await service.Send(acme, new RemoveRole("editor"));

        (await service.Scalar<long>("select count(*) from saas.roles where slug = 'acme/editor'")).ShouldBe(0);
        (await service.Scalar<long>("select count(*) from podcast.roles where name = 'acme/editor'")).ShouldBe(0);
    }

    private static CommandContext Caller(CommandContext caller) =>
        caller with
        {
            Actor = "key:1",
            Ip = System.Net.IPAddress.Parse("203.0.113.9"),
            UserAgent = "spec/1",
        };
}
