using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Records;

/// <summary>The advertisers a tenant works with.</summary>
[Record("podcast.sponsors", SoftDeletes = true)]
public sealed record Sponsor(string? Name, string? WebsiteUrl = null, string? LogoUrl = null);

internal sealed class SponsorValidator : AbstractValidator<Sponsor>
{
    public SponsorValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(200);
        RuleFor(row => row.WebsiteUrl).WebUrl();
        RuleFor(row => row.LogoUrl).WebUrl();
    }
}

/// <summary>What a sponsor buys.</summary>
/// <param name="Stage">Where in its workflow the campaign stands; the document names no values.</param>
[Record("podcast.campaigns", SoftDeletes = true)]
public sealed record Campaign(
    Guid? SponsorId,
    string? Name,
    string? Description = null,
    DateOnly? StartDate = null,
    DateOnly? EndDate = null,
    [property: Since("stage_changed_at")] string? Stage = "draft"
);

internal sealed class CampaignValidator : AbstractValidator<Campaign>
{
    public CampaignValidator()
    {
        RuleFor(row => row.SponsorId).NotNull();
        RuleFor(row => row.Name).NotBlank().PlainText(200);
        RuleFor(row => row.Description).Prose(10000);
        RuleFor(row => row.Stage).NotBlank().PlainText(50);
        RuleFor(row => row.EndDate)
            .GreaterThanOrEqualTo(row => row.StartDate)
            .When(row => row.StartDate is not null && row.EndDate is not null);
    }
}

/// <summary>Where in an episode a campaign is heard.</summary>
/// <param name="UnitType">Such as pre-roll, mid-roll or post-roll; the document names no values.</param>
/// <param name="PositionSeconds">From the episode's start; null where it is not fixed.</param>
[Record("podcast.ad_units")]
public sealed record AdUnit(
    Guid? CampaignId,
    Guid? EpisodeId,
    string? UnitType,
    int? PositionSeconds = null,
    int? DurationSeconds = null
);

internal sealed class AdUnitValidator : AbstractValidator<AdUnit>
{
    public AdUnitValidator()
    {
        RuleFor(row => row.CampaignId).NotNull();
        RuleFor(row => row.EpisodeId).NotNull();
        RuleFor(row => row.UnitType).NotBlank().PlainText(50);
        RuleFor(row => row.PositionSeconds).GreaterThanOrEqualTo(0);
        RuleFor(row => row.DurationSeconds).GreaterThanOrEqualTo(0);
    }
}

/// <summary>Insertion orders: what a sponsor committed to. Nothing they refer to is deleted under them.</summary>
/// <param name="PromoCode">What listeners name to the sponsor, so that their purchase is attributed.</param>
/// <param name="VanityUrl">The address read out in the show, with the same purpose.</param>
[Record("podcast.io_bookings")]
public sealed record InsertionOrder(
    Guid? CampaignId,
    Guid? SponsorId,
    DateOnly? BookingDate,
    string? PromoCode = null,
    string? VanityUrl = null
);

internal sealed class InsertionOrderValidator : AbstractValidator<InsertionOrder>
{
    public InsertionOrderValidator()
    {
        RuleFor(row => row.CampaignId).NotNull();
        RuleFor(row => row.SponsorId).NotNull();
        RuleFor(row => row.BookingDate).NotNull();
        RuleFor(row => row.PromoCode).PlainText(100);
        RuleFor(row => row.VanityUrl).WebUrl();
    }
}

/// <summary>How well a sponsor would suit a podcast.</summary>
/// <param name="AdvertiserId">The sponsor.</param>
/// <param name="CampaignId">The campaign it was found for; null for the sponsor in general.</param>
/// <param name="Score">0 (not at all) to 1.</param>
/// <param name="Rationale">Why, in words.</param>
/// <param name="Signals">What the score was made from.</param>
/// <param name="PodcastId">The other side of the match.</param>
[Record("podcast.matches")]
public sealed record Match(
    Guid? AdvertiserId,
    decimal? Score,
    Guid? PodcastId,
    Guid? CampaignId = null,
    string? Rationale = null,
    [property: Otherwise("{}")] JsonElement? Signals = null
);

internal sealed class MatchValidator : AbstractValidator<Match>
{
    public MatchValidator()
    {
        RuleFor(row => row.AdvertiserId).NotNull();
        RuleFor(row => row.Score).NotNull().InclusiveBetween(0, 1).PrecisionScale(5, 4, ignoreTrailingZeros: true);
        RuleFor(row => row.Rationale).Prose(10000);
        RuleFor(row => row.Signals).JsonObject();
        RuleFor(row => row.PodcastId).NotNull();
    }
}
