using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>The removal of an account is one decision: it is done as a whole, or not at all.</summary>
public sealed class AccountRemovalSpec
{
    private TestService _service = null!;
    private Guid _acme;
    private Guid _other;

    [SetUp]
    public async Task Start()
    {
        _service = await TestService.Create();
        _acme = await _service.CreateOrganization("acme");
        _other = await _service.CreateOrganization("other");
    }

    [TearDown]
    public async Task Stop() => await _service.DisposeAsync();

    [Test]
    public async Task A_removal_that_one_organization_refuses_leaves_none_of_them()
    {
        var owner = _service.Services.GetRequiredService<IKeyedIds>().OfUser(EmailAddress.Parse("owner@other.example"));
        await _service.Send(_acme, new AddMember("owner@other.example"));

        var refused = await Should.ThrowAsync<RuleBrokenException>(() =>
            _service.Send(Guid.Empty, new RemoveUser(owner))
        );

        refused.Code.ShouldBe("member.is_owner");
        (await EventsOf("member_left")).ShouldBe(0);
        (await EventsOf("user_removed")).ShouldBe(0);
    }

    [Test]
    public async Task A_removal_under_a_key_is_complete_and_answers_the_same_again()
    {
        var ann = await _service.Send(_acme, new AddMember("ann@example.org"));
        await _service.Send(_other, new AddMember("ann@example.org"));

        var first = await Remove(ann);
        var again = await Remove(ann);

        again.ShouldBe(first);
        first.Stream.ShouldBe(ann);
        (await EventsOf("member_left")).ShouldBe(2);
        (await EventsOf("user_removed")).ShouldBe(1);
        (
            await _service.Scalar<long>(
                "select count(distinct timestamp) from events.mt_events where type in ('member_left', 'user_removed')"
            )
        ).ShouldBe(1);
    }

    private Task<Position> Remove(Guid user) =>
        _service.Send(Guid.Empty, new RemoveUser(user), caller => caller with { IdempotencyKey = "remove" });

    private Task<long> EventsOf(string type) =>
        _service.Scalar<long>($"select count(*) from events.mt_events where type = '{type}'");
}
