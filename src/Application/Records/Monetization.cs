using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;

namespace SchemaHub.Application.Records;

/// <summary>Agencies that buy for their clients.</summary>
/// <param name="CommissionRate">Their share of what they bring, 0 to 1: 0.15 is 15 percent.</param>
[Record("podcast.agencies")]
public sealed record Agency(string? Name, [property: Personal] string? ContactEmail = null, decimal CommissionRate = 0);

internal sealed class AgencyValidator : AbstractValidator<Agency>
{
    public AgencyValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(200);
        RuleFor(row => row.ContactEmail).MailAddress();
        RuleFor(row => row.CommissionRate).InclusiveBetween(0, 1).PrecisionScale(5, 4, ignoreTrailingZeros: true);
    }
}

/// <summary>People and sites that send buyers.</summary>
/// <param name="CommissionRate">Their share of what they bring, 0 to 1: 0.15 is 15 percent.</param>
[Record("podcast.affiliates")]
public sealed record Affiliate(
    string? Name,
    [property: Personal] string? ContactEmail = null,
    decimal CommissionRate = 0
);

internal sealed class AffiliateValidator : AbstractValidator<Affiliate>
{
    public AffiliateValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(200);
        RuleFor(row => row.ContactEmail).MailAddress();
        RuleFor(row => row.CommissionRate).InclusiveBetween(0, 1).PrecisionScale(5, 4, ignoreTrailingZeros: true);
    }
}

/// <summary>Who recommended us to whom.</summary>
/// <param name="Status">
/// registered: the referred person has an account; converted: that account became a paying one.
/// </param>
[Record("podcast.referrals")]
public sealed record Referral(
    Guid? ReferrerId,
    [property: Personal, Otherwise("\"erased@erased.invalid\"")] string? ReferredEmail,
    string? Status = "pending"
);

internal sealed class ReferralValidator : AbstractValidator<Referral>
{
    public ReferralValidator()
    {
        RuleFor(row => row.ReferrerId).NotNull();
        RuleFor(row => row.ReferredEmail).NotEmpty().MailAddress();
        RuleFor(row => row.Status).OneOf(["pending", "registered", "converted", "expired", "cancelled"]);
    }
}

/// <summary>What a recommendation earned.</summary>
/// <param name="Amount">In the installation's currency: the document gives commissions none of their own.</param>
/// <param name="PaidAt">Set exactly where the status is paid.</param>
[Record("podcast.referral_commissions")]
public sealed record ReferralCommission(
    Guid? ReferralId,
    decimal? Amount,
    string? Status = "pending",
    DateTimeOffset? PaidAt = null
);

internal sealed class ReferralCommissionValidator : AbstractValidator<ReferralCommission>
{
    public ReferralCommissionValidator()
    {
        RuleFor(row => row.ReferralId).NotNull();
        RuleFor(row => row.Amount).NotNull().GreaterThanOrEqualTo(0).PrecisionScale(14, 2, ignoreTrailingZeros: true);
        RuleFor(row => row.Status).OneOf(["pending", "approved", "paid", "cancelled"]);
        RuleFor(row => row.PaidAt)
            .Must((row, paidAt) => paidAt is not null == (row.Status == "paid"))
            .WithMessage("It is set exactly where the status is paid.");
    }
}

/// <summary>What the installation sells, to every tenant alike.</summary>
/// <param name="PriceMonthly">In the installation's currency; null where it is not sold by the month.</param>
/// <param name="PriceYearly">In the installation's currency; null where it is not sold by the year.</param>
/// <param name="Features">What is in it, and how much of it.</param>
[Record("podcast.subscription_tiers", Scope = RecordScope.Everybody)]
public sealed record SubscriptionTier(
    string? Name,
    string? Description = null,
    decimal? PriceMonthly = null,
    decimal? PriceYearly = null,
    [property: Otherwise("{}")] JsonElement? Features = null
);

internal sealed class SubscriptionTierValidator : AbstractValidator<SubscriptionTier>
{
    public SubscriptionTierValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(100);
        RuleFor(row => row.Description).Prose(10000);
        RuleFor(row => row.PriceMonthly).GreaterThanOrEqualTo(0).PrecisionScale(14, 2, ignoreTrailingZeros: true);
        RuleFor(row => row.PriceYearly).GreaterThanOrEqualTo(0).PrecisionScale(14, 2, ignoreTrailingZeros: true);
        RuleFor(row => row.Features).Json();
    }
}
