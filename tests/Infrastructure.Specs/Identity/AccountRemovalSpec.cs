using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>The removal of an account is one unit: all of it, or nothing.</summary>
public sealed class AccountRemovalSpec
{
    private const string Ann = "ann@example.org";

    [Test]
    public async Task A_refused_removal_changes_nothing()
    {
        await using var service = await TestService.Create();
        var ann = await Member(service);
        await service.Send(Guid.Empty, new CreateOrganization("Anns", "anns", Ann));
        var before = await Everything(service);

        (
            await Should.ThrowAsync<RuleBrokenException>(() => service.Send(Guid.Empty, new RemoveUser(ann)))
        ).Code.ShouldBe("account.owns_organization");

        (await Everything(service)).ShouldBe(before);
    }

    [Test]
    public async Task A_removal_under_an_idempotency_key_is_complete_and_is_done_once()
    {
        await using var service = await TestService.Create();
        var ann = await Member(service);

        var first = await service.Send(Guid.Empty, new RemoveUser(ann), WithKey);
        var again = await service.Send(Guid.Empty, new RemoveUser(ann), WithKey);

        again.ShouldBe(first);
        (
            await service.Scalar<string>(
                $"""
                select concat_ws('|', (select count(*) from access.memberships m where m.user_id = '{ann}'),
                    u.removed_at is not null, u.email like 'erased%')
                from access.users u where u.id = '{ann}'
                """
            )
        ).ShouldBe("0|t|t");
    }

    private static CommandContext WithKey(CommandContext caller) => caller with { IdempotencyKey = "remove-ann" };

    private static async Task<Guid> Member(TestService service)
    {
        var (one, two) = (await service.CreateOrganization("one"), await service.CreateOrganization("two"));
        await service.Services.Join(one, Ann, "admin");
        var ann = await service.Services.Join(two, Ann);
        await service.Send(one, new CreateApiKey("Ann's", UserId: ann));
        return ann;
    }

    private static Task<long> Everything(TestService service) =>
        service.Scalar<long>("select max(e.seq_id) from events.mt_events e");
}
