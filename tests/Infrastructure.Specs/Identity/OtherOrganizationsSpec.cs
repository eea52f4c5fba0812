using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>A person belongs to two organizations, and neither learns of the other by SQL.</summary>
public sealed class OtherOrganizationsSpec
{
    private const string Ann = "ann@example.org";

    [Test]
    public async Task Nothing_that_a_reader_sees_changes_by_what_a_member_does_in_another_organization()
    {
        await using var service = await TestService.Create();
        var ours = await service.CreateOrganization("ours");
        var theirs = await service.CreateOrganization("theirs");
        var ann = await service.Services.Join(ours, Ann, "member", "Ann Lee");
        var owner = await service.Scalar<Guid>("select id from access.users where email = 'owner@ours.example'");
        var reader = await Readers.Create(service.Installation, ours, CancellationToken.None);
        try
        {
            var before = await Seen(reader);
            before.Count.ShouldBeGreaterThan(60);

            await WorkElsewhere(service, theirs, ann, owner);

            Differences(before, await Seen(reader)).ShouldBeEmpty();
            // What happens in their own organization they do see.
            await service.Send(ours, new ChangeMemberRole(ann, "viewer"));
            Differences(before, await Seen(reader)).ShouldNotBeEmpty();
        }
        finally
        {
            await service.Execute($"drop owned by {reader.Role}; drop role {reader.Role}");
        }
    }

    [Test]
    public async Task A_row_of_podcast_is_of_one_organization_and_goes_on_when_the_person_leaves_another()
    {
        await using var service = await TestService.Create();
        var ours = await service.CreateOrganization("ours");
        var theirs = await service.CreateOrganization("theirs");
        var ann = await service.Services.Join(ours, Ann);
        await service.Services.Join(theirs, Ann);

        await service.Send(theirs, new RemoveMember(ann));

        var rows = await service.Scalar<string>(
            $"""
            select string_agg(
                concat_ws('|', t.slug, u.email, u.deleted_at is null, u.id <> u.account_id), ' ' order by t.slug
            )
            from podcast.users u join podcast.tenants t on t.id = u.tenant_id
            where u.account_id = '{ann}'
            """
        );
        rows.ShouldBe("ours|ann@example.org|t|t theirs|ann@example.org|f|t");
        await service.Send(Guid.Empty, new RemoveUser(ann));
        (await service.Scalar<long>("select count(*) from podcast.users u where u.email like 'ann@%'")).ShouldBe(
            0,
            "an erased address is in no organization's row"
        );
    }

    [Test]
    public async Task The_rows_of_a_removed_account_stay_as_they_are_when_its_address_signs_up_again()
    {
        await using var service = await TestService.Create();
        var ours = await service.CreateOrganization("ours");
        var theirs = await service.CreateOrganization("theirs");
        var ann = await service.Services.Join(ours, Ann);
        await service.Send(Guid.Empty, new RemoveUser(ann));
        var before = await service.Texts($"select u::text from podcast.users u where u.account_id = '{ann}'");

        (await service.Services.Join(theirs, Ann)).ShouldBe(ann);

        var after = await service.Texts($"select u::text from podcast.users u where u.account_id = '{ann}'");
        before.ShouldHaveSingleItem();
        after.Count.ShouldBe(2);
        after.ShouldContain(before[0]);
    }

    // Everything that a person does where they also belong, and with the account.
    private static async Task WorkElsewhere(TestService service, Guid theirs, Guid ann, Guid owner)
    {
        await service.Services.Join(theirs, Ann, "admin");
        await service.Send(theirs, new ChangeMemberRole(ann, "member"));
        await service.Send(theirs, new ChangeMemberRole(ann, "admin"));
        var session = await SignIn(service, ann, theirs);
        await service.Change<Session, SessionEvent>(Tenant.System, session, s => s.MoveTo(theirs, Now));
        var key = await service.Send(theirs, new CreateApiKey("Ann's", UserId: ann));
        await service.Send(theirs, new RotateApiKey(key.Id));
        await service.Send(theirs, new SetMemberActive(ann, Active: false));
        await service.Send(theirs, new SetMemberActive(ann, Active: true));
        await service.Send(theirs, new OpenPrivacyRequest("access", UserId: ann));
        await service.Send(theirs, new TransferOwnership(ann));
        await service.Send(Guid.Empty, new CreateOrganization("Third", "third", Ann));
        await service.Send(Guid.Empty, new CreateOrganization("Of the owner", "of-the-owner", "owner@ours.example"));
        // What the owner's organizations sent together.
        await service.Execute(
            $"""
            update backstage.quota_tracking q set emails_sent_today = 77, updated_at = now()
            from access.users u where u.number = q.user_id and u.id = '{owner}'
            """
        );
        await service.Change<User, UserEvent>(Tenant.System, ann, user => user.SetPassword("another hash"));
        await service.Change<User, UserEvent>(Tenant.System, ann, user => user.RequestReset("a hash", Now));
        await service.Change<User, UserEvent>(Tenant.System, ann, user => user.LinkGoogle(Ann, "Ann", "g-1"));
        await service.Change<Session, SessionEvent>(Tenant.System, session, s => s.End(SessionEnds.SignedOut));
        await SignIn(service, ann, organization: null);
        await service.Send(theirs, new CloseOrganization());
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    private static async Task<Guid> SignIn(TestService service, Guid user, Guid? organization)
    {
        var id = Guid.CreateVersion7();
        var number = await service.Scalar<int>($"select number from access.users where id = '{user}'");
        await service.Change<Session, SessionEvent>(
            Tenant.System,
            id,
            session =>
                session.Start(
                    new Person(user, number),
                    SessionKinds.Program,
                    ContentIds.Sha256($"{id}"),
                    organization,
                    Now
                )
        );
        return id;
    }

    private static List<string> Differences(
        IReadOnlyDictionary<string, string> before,
        IReadOnlyDictionary<string, string> after
    ) =>
        [
            .. before
                .Where(table => after[table.Key] != table.Value)
                .Select(table => $"{table.Key}: saw {table.Value} and then {after[table.Key]}"),
        ];

    /// <summary>Every row of every relation and column that the login may read.</summary>
    private static async Task<Dictionary<string, string>> Seen(NewReader reader)
    {
        await using var source = NpgsqlDataSource.Create(reader.ConnectionString);
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (relation, columns) in await Readable(source))
        {
            await using var rows = source.CreateCommand(
                $"select coalesce(string_agg(r::text, E'\\n' order by r::text), '') "
                    + $"from (select to_jsonb(t) from (select {columns} from {relation}) t) as q (r)"
            );
            seen[relation] = (string)(await rows.ExecuteScalarAsync())!;
        }

        return seen;
    }

    private static async Task<List<(string Relation, string Columns)>> Readable(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand(
            """
            select c.oid::regclass::text, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relkind in ('r', 'p', 'v') and has_column_privilege(c.oid, a.attnum, 'select')
                and c.relnamespace::regnamespace::text in ('backstage', 'saas', 'snorq', 'podcast', 'smarthub')
            group by c.oid
            """
        );
        await using var found = await command.ExecuteReaderAsync();
        var readable = new List<(string, string)>();
        while (await found.ReadAsync())
            readable.Add((found.GetString(0), found.GetString(1)));

        return readable;
    }
}
