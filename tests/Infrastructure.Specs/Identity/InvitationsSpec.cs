using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Infrastructure.Specs.Identity;

/// <summary>Invitations on a real database, from the mail to the membership.</summary>
public sealed class InvitationsSpec
{
    private const string Ann = "ann@example.org";

    [Test]
    public async Task Of_two_who_accept_the_last_seat_at_once_one_joins_and_the_other_is_told_why()
    {
        await using var inviting = await Inviting.Start(seats: 2);
        var links = new List<string>();
        for (var person = 0; person < 8; person++)
        {
            await inviting.Account($"p{person}@example.org");
            links.Add(await inviting.Invite($"p{person}@example.org"));
        }

        var answers = await Task.WhenAll(links.Select(link => Task.Run(() => inviting.Accept(link))));

        answers.Count(answer => answer == "joined").ShouldBe(1, string.Join(',', answers));
        answers.Count(answer => answer == "organization.seats_taken").ShouldBe(7, string.Join(',', answers));
        (await inviting.Service.Scalar<long>("select count(*) from access.memberships")).ShouldBe(2);
        (
            await inviting.Service.Scalar<long>("select count(*) from saas.invitations where status = 'accepted'")
        ).ShouldBe(1);
        // Who came too late joins once there is a seat.
        await inviting.Send(new SetPlan(Plans.Pro, 3));
        var late = links[answers.ToList().IndexOf("organization.seats_taken")];
        (await inviting.Accept(late)).ShouldBe("joined");
    }

    [Test]
    public async Task Inviting_beyond_the_seats_is_refused_and_mails_nobody()
    {
        await using var inviting = await Inviting.Start(seats: 1);

        (await inviting.Refusal(new SendInvitation(Ann))).ShouldBe("organization.seats_taken");
        inviting.Mails.ShouldBeEmpty();
        (await inviting.Service.Scalar<long>($"select count(*) from access.users where email = '{Ann}'")).ShouldBe(0);
    }

    [Test]
    public async Task The_published_row_says_what_became_of_it_and_holds_no_secret()
    {
        await using var inviting = await Inviting.Start();
        var ann = await inviting.Account(Ann);
        var link = await inviting.Invite(Ann, "Come & see!");

        (await inviting.Row()).ShouldBe($"{Ann}|acme|member|owner@acme.example|pending|Come & see!|t");
        var token = await inviting.Service.Scalar<string>("select token from saas.invitations");
        token.ShouldBe(ContentIds.Sha256(link[64..]));
        (await inviting.Accept(link)).ShouldBe("joined");

        (await inviting.Row()).ShouldBe($"{Ann}|acme|member|owner@acme.example|accepted|Come & see!|t|t");
        (await inviting.Accept(link)).ShouldBe("joined");
        var role = await inviting.Service.Scalar<string>(
            $"select role_slug from access.memberships where user_id = '{ann}'"
        );
        role.ShouldBe("member");
        await inviting.RebuildsToTheSame();
    }

    [Test]
    public async Task Whoever_is_invited_twice_has_one_invitation_and_only_the_latest_link_works()
    {
        await using var inviting = await Inviting.Start();
        await inviting.Account(Ann);
        var first = await inviting.Invite(Ann);
        var second = await inviting.Invite(" ANN@example.org".Trim());
        var third = await inviting.Resend();

        (await inviting.Service.Scalar<long>("select count(*) from saas.invitations")).ShouldBe(1);
        (await inviting.Accept(first)).ShouldBe("invitation.unknown");
        (await inviting.Accept(second)).ShouldBe("invitation.unknown");
        (await inviting.Accept(third)).ShouldBe("joined");
        (await inviting.Refusal(new SendInvitation(Ann))).ShouldBe("member.exists");
        await inviting.RebuildsToTheSame();
    }

    [Test]
    public async Task Two_who_invite_the_same_address_at_once_make_one_invitation()
    {
        await using var inviting = await Inviting.Start();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => inviting.Send(new SendInvitation(Ann)))));

        (await inviting.Service.Scalar<long>("select count(*) from saas.invitations")).ShouldBe(1);
        (await inviting.Service.Scalar<int>("select mails from access.invitations")).ShouldBe(4);
    }

    [Test]
    public async Task An_invitation_that_ended_stays_on_record_and_the_next_one_is_another()
    {
        await using var inviting = await Inviting.Start();
        await inviting.Account(Ann);
        var old = await inviting.Invite(Ann);
        await inviting.Send(new RevokeInvitation(await inviting.Id()));
        var next = await inviting.Invite(Ann);

        (await inviting.Accept(old)).ShouldBe("invitation.revoked");
        (await inviting.Accept(next)).ShouldBe("joined");
        var states = "select string_agg(status, ',' order by id) from saas.invitations";
        (await inviting.Service.Scalar<string>(states)).ShouldBe("revoked,accepted");
    }

    [Test]
    public async Task Only_the_account_of_the_invited_address_accepts()
    {
        await using var inviting = await Inviting.Start();
        await inviting.Account(Ann);
        var bob = await inviting.Account("bob@example.org");
        var link = await inviting.Invite(Ann);

        (await inviting.Accept(link, person: bob)).ShouldBe("invitation.other_address");

        (await inviting.Service.Scalar<string>("select status from saas.invitations")).ShouldBe("pending");
        (await inviting.Service.Scalar<long>("select count(*) from access.memberships")).ShouldBe(1);
    }

    [Test]
    public async Task Time_ends_an_invitation_before_the_job_says_so_and_later_nobody_knows_whom_it_went_to()
    {
        await using var inviting = await Inviting.Start();
        await inviting.Account(Ann);
        var link = await inviting.Invite(Ann, "Come!");
        // The database keeps microseconds: the last instant itself may fall on either side.
        inviting.Clock.Advance(TimeSpan.FromDays(7) + TimeSpan.FromSeconds(1));

        (await inviting.Accept(link)).ShouldBe("invitation.expired");
        (await inviting.Send(new ListInvitations("expired"))).Items.Single().Email.ShouldBe(Ann);
        (await inviting.Service.Send(Guid.Empty, new EndInvitations())).ShouldStartWith("1 invitations expired; of 0");
        (await inviting.Service.Scalar<string>("select status from saas.invitations")).ShouldBe("expired");
        // The log's own time is the machine's.
        inviting.Clock.Advance(TimeSpan.FromDays(91));
        (await inviting.Service.Send(Guid.Empty, new EndInvitations())).ShouldStartWith("0 invitations expired; of 1");

        var all = "select count(*) from saas.invitations i where i::text ilike '%ann%' or i::text ilike '%come%'";
        (await inviting.Service.Scalar<long>(all)).ShouldBe(0);
        await inviting.RebuildsToTheSame();
    }

    [Test]
    public async Task Closing_takes_the_open_invitations_back()
    {
        await using var inviting = await Inviting.Start();
        await inviting.Account(Ann);
        var link = await inviting.Invite(Ann);

        await inviting.Send(new CloseOrganization());

        (await inviting.Service.Scalar<string>("select status from saas.invitations")).ShouldBe("revoked");
        (await inviting.Accept(link)).ShouldBe("invitation.revoked");
    }

    [Test]
    public async Task Whoever_is_removed_is_forgotten_as_invited_too()
    {
        await using var inviting = await Inviting.Start();
        var ann = await inviting.Account(Ann);
        await inviting.Accept(await inviting.Invite(Ann));
        var other = await inviting.Service.CreateOrganization("other");
        await inviting.Service.Send(other, new SendInvitation(Ann, Message: "Ann, come!"));

        await inviting.Service.Send(Guid.Empty, new RemoveUser(ann));

        var left = "select count(*) from saas.invitations i where i::text ilike '%ann%'";
        (await inviting.Service.Scalar<long>(left)).ShouldBe(0);
        (await inviting.Service.Scalar<long>("select count(*) from access.invitations where is_forgotten")).ShouldBe(2);
        await inviting.RebuildsToTheSame();
    }

    [Test]
    public async Task A_role_that_somebody_is_invited_to_is_not_removed_and_one_that_is_gone_leaves_the_row()
    {
        await using var inviting = await Inviting.Start();
        await inviting.Send(new SaveRole("editor", "Editor", null, ["contacts:read"]));
        await inviting.Send(new SendInvitation(Ann, "editor"));

        (await inviting.Refusal(new RemoveRole("editor"))).ShouldBe("role.held");
        await inviting.Send(new RevokeInvitation(await inviting.Id()));
        await inviting.Send(new RemoveRole("editor"));

        (await inviting.Service.Scalar<long>("select count(*) from saas.invitations where role_id is null")).ShouldBe(
            1
        );
        await inviting.RebuildsToTheSame();
    }

    [Test]
    public async Task A_mail_that_fails_is_told_to_the_inviter_and_the_invitation_can_be_sent_again()
    {
        await using var inviting = await Inviting.Start();
        inviting.MailFails = true;
        await Should.ThrowAsync<MailNotSentException>(() => inviting.Send(new SendInvitation(Ann)));
        inviting.MailFails = false;

        await inviting.Account(Ann);
        (await inviting.Accept(await inviting.Resend())).ShouldBe("joined");
    }
}
