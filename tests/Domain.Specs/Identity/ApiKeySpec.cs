using SchemaHub.Domain.Identity;
using SchemaHub.Domain.Specs.Contacts;

namespace SchemaHub.Domain.Specs.Identity;

/// <summary>What becomes of a key's secrets.</summary>
public sealed class ApiKeySpec
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Before = Noon.AddDays(-1);
    private static readonly DateTimeOffset Due = Noon.AddDays(30);
    private static readonly ApiKeyCreated ByHand = new("Shop", "sk_live_0000", "hash 0");
    private static readonly ApiKeyCreated Monthly = ByHand with { RotationPolicy = "30d", NextRotationAt = Due };

    [Test]
    public void A_key_that_is_replaced_by_hand_has_no_grace() =>
        Of(ByHand)
            .When(key => Rotate(key, grace: null))
            .Then(new ApiKeyRotated("sk_live_1111", "hash 1", null, 1, ShownAt: Noon));

    [Test]
    public void A_key_whose_policy_wants_another_secret_opens_a_day_longer_with_the_one_before() =>
        Of(Monthly)
            .When(key => Rotate(key, grace: null))
            .Then(new ApiKeyRotated("sk_live_1111", "hash 1", null, 1, "hash 0", Noon.AddDays(1), ShownAt: Noon));

    [Test]
    public void After_a_leak_there_is_no_grace_whatever_the_policy() =>
        Of(Monthly)
            .When(key => Rotate(key, TimeSpan.Zero))
            .Then(new ApiKeyRotated("sk_live_1111", "hash 1", null, 1, ShownAt: Noon));

    [Test]
    public void The_secret_that_goes_on_opening_is_the_one_of_the_last_rotation() =>
        Of(Monthly, new ApiKeyRotated("sk_live_9999", "hash 9", null, 1, "hash 0", Due, ShownAt: Before))
            .When(key => Rotate(key, TimeSpan.FromHours(1)))
            .Then(
                new ApiKeyRotated("sk_live_1111", "hash 1", null, 2, "hash 9", Noon.AddHours(1))
                {
                    ShownAt = Noon,
                    PreviousShownAt = Before,
                }
            );

    [TestCase(-1)]
    [TestCase(169)]
    public void A_grace_lasts_a_week_at_most(int hours) =>
        Should.Throw<ArgumentOutOfRangeException>(() =>
            Of(Monthly).When(key => Rotate(key, TimeSpan.FromHours(hours)))
        );

    [Test]
    public void A_revoked_key_gets_no_secret() =>
        Of(Monthly, new ApiKeyRevoked("lost")).When(key => Rotate(key, grace: null)).ThenRefused("api_key.revoked");

    [Test]
    public void That_a_secret_is_due_is_noted_once()
    {
        Of(Monthly).When(key => key.NoticeRotationDue(Due.AddTicks(-1))).Then();
        Of(Monthly).When(key => key.NoticeRotationDue(Due)).Then(new ApiKeyRotationDue(Due));
        Of(Monthly, new ApiKeyRotationDue(Due)).When(key => key.NoticeRotationDue(Due)).Then();
    }

    [Test]
    public void After_the_next_rotation_it_is_noted_again()
    {
        var next = Due.AddDays(30);

        Of(Monthly, new ApiKeyRotationDue(Due), new ApiKeyRotated("sk_live_1111", "hash 1", next, 1))
            .When(key => key.NoticeRotationDue(next))
            .Then(new ApiKeyRotationDue(next));
    }

    [Test]
    public void Nothing_is_due_of_a_key_by_hand_or_a_revoked_one()
    {
        Of(ByHand).When(key => key.NoticeRotationDue(Due)).Then();
        Of(Monthly, new ApiKeyRevoked(null)).When(key => key.NoticeRotationDue(Due)).Then();
    }

    private static IReadOnlyList<ApiKeyEvent> Rotate(ApiKey key, TimeSpan? grace) =>
        key.Rotate("sk_live_1111", "hash 1", nextRotationAt: null, grace, Noon);

    private static Scenario<ApiKey, ApiKeyEvent> Of(params ApiKeyEvent[] happened) =>
        new(happened.Aggregate(ApiKey.Initial, (key, one) => key.Apply(one)));
}
