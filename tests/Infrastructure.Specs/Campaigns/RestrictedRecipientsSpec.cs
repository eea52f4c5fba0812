using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.EventLog;
using SchemaHub.Testing;

namespace SchemaHub.Infrastructure.Specs.Campaigns;

/// <summary>Whose data is only kept gets nothing, whatever they agreed to, wherever a campaign stands.</summary>
public sealed class RestrictedRecipientsSpec
{
    [Test]
    public async Task Who_is_restricted_before_or_after_recipients_are_frozen_gets_nothing()
    {
        // The first mail is held at the server's door until somebody else was restricted.
        var (held, restricted) = (new TaskCompletionSource<string>(), new TaskCompletionSource());
        await using var mailing = await TestMailing.Create(connections: 1);
        mailing.Sink.Answer = async to =>
        {
            held.TrySetResult(to);
            await restricted.Task;
            return null;
        };
        await mailing.AddContacts(4);
        await Restrict(mailing, "person2@example.org");
        (await mailing.Service.Send(mailing.Organization, new CountRecipients())).ShouldBe(3);
        var campaign = await mailing.Start();
        await using var node = mailing.Node();
        var first = await held.Task;
        var late = new[] { "person3@example.org", "person4@example.org" }.First(email => email != first);
        await Restrict(mailing, late);
        restricted.SetResult();

        var done = await mailing.WaitFor(campaign, progress => progress.Status == "sent");

        (done.Recipients, done.Sent, done.Withheld).ShouldBe((3, 2, 1));
        mailing.Sink.Taken.Select(mail => mail.To).ShouldNotContain(late);
        mailing.Sink.Taken.Select(mail => mail.To).ShouldNotContain("person2@example.org");
    }

    [Test]
    public async Task A_restriction_that_was_lifted_lets_mail_through_again_and_history_says_why()
    {
        await using var mailing = await TestMailing.Create();
        await mailing.AddContacts(1);
        var contact = await Restrict(mailing, "person1@example.org");
        var restrictedAt = (await Events(mailing, contact))[^1].RecordedAt;
        await mailing.Service.Send(mailing.Organization, new LiftRestriction(contact));

        (await mailing.Service.Send(mailing.Organization, new CountRecipients())).ShouldBe(1);
        (await Reachable(mailing, restrictedAt)).ShouldBe(0);
        var liftedAt = (await Events(mailing, contact))[^1].RecordedAt;
        (await Reachable(mailing, liftedAt)).ShouldBe(1);
        (await Events(mailing, contact))
            .Select(happened => happened.Name)
            .TakeLast(2)
            .ShouldBe(["contact_restricted", "restriction_lifted"]);
        (await mailing.Service.Scalar<bool>("select subscribed from backstage.contacts")).ShouldBeTrue();
    }

    [Test]
    public async Task A_rebuild_gives_the_restrictions_that_live_writing_gave()
    {
        await using var mailing = await TestMailing.Create();
        await mailing.AddContacts(3);
        var first = await Restrict(mailing, "person1@example.org");
        await mailing.Service.Send(mailing.Organization, new LiftRestriction(first));
        await Restrict(mailing, "person1@example.org");
        var second = await Restrict(mailing, "person2@example.org");
        await mailing.Service.Send(mailing.Organization, new EraseContact(second));
        var live = await mailing.Service.Rows("sending.restrictions");

        live.Count.ShouldBe(3);
        await new Rebuild(mailing.Service.Installation, "sending").Run(CancellationToken.None);

        (await mailing.Service.Rows("sending.restrictions")).ShouldBe(live);
    }

    private static async Task<long> Restrict(TestMailing mailing, string email)
    {
        var found = await mailing.Service.Send(mailing.Organization, new LookUpContact(email));
        await mailing.Service.Send(
            mailing.Organization,
            new RestrictContact(found.Contact.Id, RestrictionGrounds.AccuracyContested)
        );
        return found.Contact.Id;
    }

    private static async Task<IReadOnlyList<ReplayedEvent>> Events(TestMailing mailing, long contact) =>
        (await mailing.Service.Send(mailing.Organization, new ReplayConsent(contact))).Events;

    private static async Task<int> Reachable(TestMailing mailing, DateTimeOffset at)
    {
        var people = await mailing.Service.Send(mailing.Organization, new ConsentAsOf(at));
        return await people.CountAsync();
    }
}
