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
    private static readonly UserRegistered Registered = new(Ann, "Ann");
    private static readonly EmailVerificationRequested Asked = new("one", Noon.AddHours(24), Hash);
    private static readonly UserEvent[] Verified = [Registered, Asked, new EmailVerified("one"), new PasswordSet(Hash)];
    private static readonly PasswordResetRequested ResetAsked = new("two", Noon.AddHours(1));

    [Test]
    public void Signing_up_opens_an_account_that_nothing_opens_yet()
    {
        var scenario = A_user().When(user => user.SignUp(Ann, "Ann", Hash, "one", Noon));

        scenario.Then(Registered, Asked);
        scenario.State.MaySignIn.ShouldBeFalse();
        scenario.State.Credentials.PasswordHash.ShouldBeNull();
    }

    [Test]
    public void The_link_of_a_sign_up_sets_the_password_of_that_sign_up()
    {
        // Somebody else typed the same address, with a password of their own.
        var stranger = new EmailVerificationRequested("other", Noon.AddHours(24), OtherHash);
        var scenario = A_user(Registered, stranger, Asked).When(user => user.VerifyEmail("one", Noon));

        scenario.Then(new EmailVerified("one"), new PasswordSet(Hash));
        scenario.State.MaySignIn.ShouldBeTrue();
        scenario.State.Credentials.PasswordHash.ShouldBe(Hash);
    }

    [Test]
    public void Once_an_address_is_verified_no_older_link_gives_the_account_another_password() =>
        A_user([Registered, new EmailVerificationRequested("other", Noon.AddHours(24), OtherHash), .. Verified[1..]])
            .When(user => user.VerifyEmail("other", Noon))
            .ThenRefused("token.expired");

    [Test]
    public void A_link_is_clicked_twice() => A_user(Verified).When(user => user.VerifyEmail("one", Noon)).Then();

    [Test]
    public void A_link_of_yesterday_verifies_nothing() =>
        A_user(Registered, Asked).When(user => user.VerifyEmail("one", Noon.AddHours(24))).ThenRefused("token.expired");

    [Test]
    public void A_link_that_nobody_asked_for_verifies_nothing() =>
        A_user(Registered, Asked).When(user => user.VerifyEmail("none", Noon)).ThenRefused("token.unknown");

    [Test]
    public void Signing_up_with_a_verified_address_changes_nothing() =>
        A_user(Verified).When(user => user.SignUp(Ann, "Mallory", OtherHash, "three", Noon)).Then();

    [Test]
    public void Five_links_may_be_on_their_way_and_no_sixth()
    {
        var many = Enumerable.Range(0, 5).Select(n => Asked with { TokenHash = $"{n}" }).ToArray();

        A_user([Registered, .. many]).When(user => user.SignUp(Ann, null, Hash, "six", Noon)).Then();
        A_user([Registered, .. many]).When(user => user.RequestVerification("six", Noon)).Then();
        A_user([Registered, .. many])
            .When(user => user.RequestVerification("six", Noon.AddHours(24)))
            .Then(new EmailVerificationRequested("six", Noon.AddHours(48), null));
    }

    [Test]
    public void Another_link_carries_the_password_while_it_is_known_whose_it_is()
    {
        A_user(Registered, Asked)
            .When(user => user.RequestVerification("two", Noon))
            .Then(new EmailVerificationRequested("two", Noon.AddHours(24), Hash));
        A_user(Registered, Asked, Asked with { TokenHash = "other", PasswordHash = OtherHash })
            .When(user => user.RequestVerification("two", Noon))
            .Then(new EmailVerificationRequested("two", Noon.AddHours(24), null));
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
            .Then(Registered, new EmailVerified(null), new GoogleLinked("g1"));
        A_user(Verified).When(user => user.LinkGoogle(Ann, "Ann", "g1")).Then(new GoogleLinked("g1"));
        A_user([.. Verified, new GoogleLinked("g1")]).When(user => user.LinkGoogle(Ann, "Ann", "g1")).Then();
        A_user([.. Verified, new GoogleLinked("g1")])
            .When(user => user.LinkGoogle(Ann, "Ann", "g2"))
            .ThenRefused("google.other_account");
    }

    [Test]
    public void Google_discards_the_password_of_a_sign_up_that_nobody_confirmed()
    {
        var scenario = A_user(Registered, Asked).When(user => user.LinkGoogle(Ann, "Ann", "g1"));

        scenario.State.MaySignIn.ShouldBeTrue();
        scenario.State.Credentials.PasswordHash.ShouldBeNull();
        Should.Throw<RuleBrokenException>(() => scenario.State.VerifyEmail("one", Noon)).Code.ShouldBe("token.expired");
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
