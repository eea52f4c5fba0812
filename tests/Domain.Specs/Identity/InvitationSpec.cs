using SchemaHub.Domain.Identity;
using SchemaHub.Domain.Specs.Contacts;

namespace SchemaHub.Domain.Specs.Identity;

/// <summary>An invitation is answered once, by whoever holds its latest link, in time.</summary>
public sealed class InvitationSpec
{
    private static readonly DateTimeOffset Noon = Contacts.Given.Noon;
    private static readonly GivenRole Member = new(Guid.CreateVersion7(), 2, "member");
    private static readonly GivenRole Viewer = new(Guid.CreateVersion7(), 3, "viewer");
    private static readonly Person Owner = new(Guid.CreateVersion7(), 10);
    private static readonly Person Ann = new(Guid.CreateVersion7(), 11);
    private static readonly Person Bob = new(Guid.CreateVersion7(), 12);
    private static readonly InvitationSent Sent = new(
        "ann@example.org",
        "Come!",
        Member,
        Owner,
        Team: 7,
        "first",
        Noon.AddDays(7)
    );

    private static readonly InvitationResent Again = new("second", Noon.AddDays(8), Viewer, "Please!", Mails: 2);
    private static readonly InvitationAccepted Accepted = new(Ann.Id, Ann.Number);

    [Test]
    public void Whoever_is_invited_twice_gets_a_second_mail_and_no_second_invitation() =>
        Given(Sent)
            .When(invitation =>
                invitation.Send(
                    Sent with
                    {
                        TokenHash = "second",
                        ExpiresAt = Noon.AddDays(8),
                        Role = Viewer,
                        Message = "Please!",
                    }
                )
            )
            .Then(Again);

    [Test]
    public void The_link_of_an_earlier_mail_is_not_known_any_more()
    {
        Given(Sent, Again).When(invitation => invitation.Accept("first", Ann, Noon)).ThenRefused("invitation.unknown");
        Given(Sent, Again).When(invitation => invitation.Accept("second", Ann, Noon)).Then(Accepted);
    }

    [Test]
    public void It_is_mailed_ten_times_at_most()
    {
        var often = Enumerable.Range(2, 9).Select(mails => Again with { Mails = mails });

        Given([Sent, .. often])
            .When(invitation => invitation.Resend("third", Noon.AddDays(9), Member, null))
            .ThenRefused("invitation.mailed_often");
    }

    [Test]
    public void It_is_accepted_until_its_time_is_over()
    {
        Given(Sent).When(invitation => invitation.Accept("first", Ann, Noon.AddDays(7).AddTicks(-1))).Then(Accepted);
        Given(Sent)
            .When(invitation => invitation.Accept("first", Ann, Noon.AddDays(7)))
            .ThenRefused("invitation.expired");
        Given(Sent, new InvitationExpired())
            .When(invitation => invitation.Accept("first", Ann, Noon))
            .ThenRefused("invitation.expired");
    }

    [Test]
    public void Accepted_twice_by_the_same_person_it_was_accepted_once()
    {
        Given(Sent, Accepted).When(invitation => invitation.Accept("first", Ann, Noon)).Then();
        Given(Sent, Accepted)
            .When(invitation => invitation.Accept("first", Bob, Noon))
            .ThenRefused("invitation.accepted");
    }

    [Test]
    public void What_was_taken_back_is_not_accepted_and_what_was_accepted_not_taken_back()
    {
        Given(Sent, new InvitationRevoked())
            .When(invitation => invitation.Accept("first", Ann, Noon))
            .ThenRefused("invitation.revoked");
        Given(Sent, Accepted).When(invitation => invitation.Revoke()).ThenRefused("invitation.accepted");
        Given(Sent, new InvitationRevoked()).When(invitation => invitation.Revoke()).Then();
    }

    [Test]
    public void What_ended_is_not_sent_again() =>
        Given(Sent, new InvitationRevoked())
            .When(invitation => invitation.Resend("second", Noon, Member, null))
            .ThenRefused("invitation.not_pending");

    [Test]
    public void A_wrong_secret_learns_nothing_whatever_became_of_it()
    {
        InvitationEvent[][] fates =
        [
            [],
            [Sent],
            [Sent, Accepted],
            [Sent, new InvitationRevoked()],
            [Sent, new InvitationExpired()],
        ];
        foreach (var fate in fates)
            Given(fate).When(invitation => invitation.Accept("guess", Ann, Noon)).ThenRefused("invitation.unknown");
    }

    [Test]
    public void It_says_that_its_time_is_over_once_it_is()
    {
        Given(Sent).When(invitation => invitation.Expire(Noon)).Then();
        Given(Sent).When(invitation => invitation.Expire(Noon.AddDays(7))).Then(new InvitationExpired());
        Given(Sent, Accepted).When(invitation => invitation.Expire(Noon.AddDays(7))).Then();
    }

    [Test]
    public void Forgetting_whom_an_open_one_went_to_takes_it_back()
    {
        Given(Sent).When(invitation => invitation.Forget()).Then(new InvitationRevoked(), new InvitationForgotten());
        Given(Sent, Accepted, new InvitationForgotten()).When(invitation => invitation.Forget()).Then();
        Given(Sent, Accepted, new InvitationForgotten()).State.Email.ShouldBeNull();
    }

    private static Scenario<Invitation, InvitationEvent> Given(params InvitationEvent[] happened) =>
        new(happened.Aggregate(Invitation.Initial, (state, one) => state.Apply(one)));
}
