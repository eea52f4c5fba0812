using SchemaHub.Domain.Identity;
using SchemaHub.Domain.Specs.Contacts;

namespace SchemaHub.Domain.Specs.Identity;

/// <summary>How an account becomes somebody's, and stays theirs.</summary>
public sealed class CredentialsSpec
{
    private const string Ann = "ann@example.org";
    private const string Hash = "$2b$12$first";
    private const string OtherHash = "$2b$12$second";

    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly UserRegistered Registered = new(Ann, null);
    private static readonly EmailVerificationRequested Asked = new("one", Noon.AddHours(24));
    private static readonly UserEvent[] Verified = [Registered, Asked, new EmailVerified("one"), new PasswordSet(Hash)];
    private static readonly PasswordResetRequested ResetAsked = new("two", Noon.AddHours(1));

    [Test]
    public void Signing_up_keeps_the_address_and_opens_nothing_yet()
    {
        var scenario = A_user().When(user => user.SignUp(Ann, "one", Noon));

        scenario.Then(Registered, Asked);
        scenario.State.MaySignIn.ShouldBeFalse();
        scenario.State.Credentials.PasswordHash.ShouldBeNull();
    }

    [Test]
    public void The_link_sets_the_password_and_the_name_whoever_asked_for_it()
    {
        // Somebody else typed the same address.
        var stranger = Asked with
        {
            TokenHash = "strangers",
        };
        var scenario = A_user(Registered, stranger, Asked)
            .When(user => user.VerifyEmail("strangers", "Ann", Hash, Noon));

        scenario.Then(new EmailVerified("strangers"), new UserChanged("Ann", null, null, null), new PasswordSet(Hash));
        scenario.State.MaySignIn.ShouldBeTrue();
        scenario.State.Credentials.PasswordHash.ShouldBe(Hash);
    }

    [Test]
    public void Once_an_address_is_verified_no_other_link_gives_the_account_another_password() =>
        A_user([Registered, Asked with { TokenHash = "other" }, .. Verified[1..]])
            .When(user => user.VerifyEmail("other", null, OtherHash, Noon))
            .ThenRefused("token.expired");

    [Test]
    public void A_link_works_once() =>
        A_user(Verified).When(user => user.VerifyEmail("one", null, OtherHash, Noon)).ThenRefused("token.used");

    [Test]
    public void A_link_of_yesterday_verifies_nothing() =>
        A_user(Registered, Asked)
            .When(user => user.VerifyEmail("one", null, Hash, Noon.AddHours(24)))
            .ThenRefused("token.expired");

    [Test]
    public void A_link_that_nobody_asked_for_verifies_nothing() =>
        A_user(Registered, Asked).When(user => user.VerifyEmail("none", null, Hash, Noon)).ThenRefused("token.unknown");

    [Test]
    public void Signing_up_with_a_verified_address_changes_nothing() =>
        A_user(Verified).When(user => user.SignUp(Ann, "three", Noon)).Then();

    [Test]
    public void Five_links_may_be_on_their_way_and_then_one_more_each_hour()
    {
        var many = Enumerable.Range(0, 5).Select(n => Asked with { TokenHash = $"{n}" }).ToArray();
        var next = Asked with { TokenHash = "six", ExpiresAt = Noon.AddHours(25) };

        A_user([Registered, .. many]).When(user => user.SignUp(Ann, "six", Noon)).Then();
        A_user([Registered, .. many]).When(user => user.RequestVerification("six", Noon.AddMinutes(59))).Then();
        // Strangers who sign up with an address do not keep its owner from a link.
        A_user([Registered, .. many]).When(user => user.SignUp(Ann, "six", Noon.AddHours(1))).Then(next);
        A_user([Registered, .. many, next]).When(user => user.SignUp(Ann, "seven", Noon.AddMinutes(90))).Then();
    }

    [Test]
    public void A_mail_of_an_invitation_opens_an_account_that_a_stranger_asked_for()
    {
        var scenario = A_user(Registered, Asked).When(user => user.OpenByMail(Ann, "Ann", Hash));

        scenario.Then(new UserChanged("Ann", null, null, null), new EmailVerified(null), new PasswordSet(Hash));
        Should
            .Throw<RuleBrokenException>(() => scenario.State.VerifyEmail("one", null, OtherHash, Noon))
            .Code.ShouldBe("token.expired");
    }

    [Test]
    public void A_reset_sets_a_password_once_and_shows_that_the_mailbox_is_the_persons()
    {
        var scenario = A_user(Registered, ResetAsked).When(user => user.ResetPassword("two", OtherHash, Noon));

        scenario.Then(new PasswordResetUsed("two"), new EmailVerified(null), new PasswordSet(OtherHash));
        scenario.State.MaySignIn.ShouldBeTrue();
        Should
            .Throw<RuleBrokenException>(() => scenario.State.ResetPassword("two", Hash, Noon))
            .Code.ShouldBe("token.used");
    }

    [Test]
    public void A_reset_works_for_an_hour() =>
        A_user([.. Verified, ResetAsked])
            .When(user => user.ResetPassword("two", OtherHash, Noon.AddHours(1)))
            .ThenRefused("token.expired");

    [Test]
    public void A_new_password_uses_up_the_links_that_would_set_another() =>
        A_user([.. Verified, ResetAsked, new PasswordSet(OtherHash)])
            .When(user => user.ResetPassword("two", Hash, Noon))
            .ThenRefused("token.used");

    [Test]
    public void Nobody_gets_a_link_for_an_account_that_is_closed_or_not_there()
    {
        A_user().When(user => user.RequestReset("two", Noon)).Then();
        A_user([.. Verified, new UserDeactivated()]).When(user => user.RequestReset("two", Noon)).Then();
        A_user([.. Verified, ResetAsked, new UserDeactivated()])
            .When(user => user.ResetPassword("two", Hash, Noon))
            .ThenRefused("token.expired");
    }

    [Test]
    public void Google_opens_an_account_links_one_and_is_told_from_another()
    {
        A_user()
            .When(user => user.LinkGoogle(Ann, "Ann", "g1"))
            .Then(new UserRegistered(Ann, "Ann"), new EmailVerified(null), new GoogleLinked("g1"));
        A_user(Verified).When(user => user.LinkGoogle(Ann, "Ann", "g1")).Then(new GoogleLinked("g1"));
        A_user([.. Verified, new GoogleLinked("g1")]).When(user => user.LinkGoogle(Ann, "Ann", "g1")).Then();
        A_user([.. Verified, new GoogleLinked("g1")])
            .When(user => user.LinkGoogle(Ann, "Ann", "g2"))
            .ThenRefused("google.other_account");
    }

    [Test]
    public void Google_takes_over_an_account_that_nobody_confirmed_and_its_links_end()
    {
        var scenario = A_user(Registered, Asked).When(user => user.LinkGoogle(Ann, "Ann", "g1"));

        scenario.Then(new EmailVerified(null), new UserChanged("Ann", null, null, null), new GoogleLinked("g1"));
        scenario.State.MaySignIn.ShouldBeTrue();
        scenario.State.Credentials.PasswordHash.ShouldBeNull();
        Should
            .Throw<RuleBrokenException>(() => scenario.State.VerifyEmail("one", null, Hash, Noon))
            .Code.ShouldBe("token.expired");
    }

    [Test]
    public void Whatever_makes_earlier_sign_ins_void_is_counted()
    {
        var before = A_user(Verified).State.Credentials.Generation;

        A_user([.. Verified, new PasswordSet(OtherHash)]).State.Credentials.Generation.ShouldBeGreaterThan(before);
        A_user([.. Verified, new UserDeactivated(), new UserReactivated()])
            .State.Credentials.Generation.ShouldBeGreaterThan(before);
    }

    [Test]
    public void A_removed_account_knows_nothing_any_more() =>
        A_user([.. Verified, new UserRemoved()]).State.ShouldBe(User.Initial);

    private static Scenario<User, UserEvent> A_user(params UserEvent[] happened) =>
        new(happened.Aggregate(User.Initial, (user, one) => user.Apply(one)));
}
