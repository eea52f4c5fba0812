using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;

namespace SchemaHub.Application.Records;

/// <summary>Companies a tenant works with.</summary>
/// <param name="PartnerType">What they do for the tenant; the document names no values.</param>
[Record("podcast.partners")]
public sealed record Partner(string? Name, string? PartnerType, [property: Personal] string? ContactEmail = null);

internal sealed class PartnerValidator : AbstractValidator<Partner>
{
    public PartnerValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(200);
        RuleFor(row => row.PartnerType).NotBlank().PlainText(50);
        RuleFor(row => row.ContactEmail).MailAddress();
    }
}

/// <summary>How a partner's systems are connected.</summary>
/// <param name="IntegrationType">Which of the partner's systems.</param>
/// <param name="Configuration">A JSON object, without secrets.</param>
[Record("podcast.partner_integrations")]
public sealed record PartnerIntegration(
    Guid? PartnerId,
    string? IntegrationType,
    [property: Otherwise("{}")] JsonElement? Configuration = null,
    string? Status = "pending"
);

internal sealed class PartnerIntegrationValidator : AbstractValidator<PartnerIntegration>
{
    public PartnerIntegrationValidator()
    {
        RuleFor(row => row.PartnerId).NotNull();
        RuleFor(row => row.IntegrationType).NotBlank().PlainText(50);
        RuleFor(row => row.Configuration).JsonObject();
        RuleFor(row => row.Status).OneOf(["pending", "active", "inactive", "error"]);
    }
}

/// <summary>
/// What of a podcast is offered. Seen by its own tenant only: the document describes no view for the others.
/// </summary>
/// <param name="ListingType">What is offered, for example sponsorship or ad_slot.</param>
/// <param name="Pricing">A JSON object: what it costs, and by what.</param>
[Record("podcast.marketplace_listings")]
public sealed record MarketplaceListing(
    Guid? PodcastId,
    string? ListingType,
    string? Status = "draft",
    [property: Otherwise("{}")] JsonElement? Pricing = null
);

internal sealed class MarketplaceListingValidator : AbstractValidator<MarketplaceListing>
{
    public MarketplaceListingValidator()
    {
        RuleFor(row => row.PodcastId).NotNull();
        RuleFor(row => row.ListingType).NotBlank().PlainText(50);
        RuleFor(row => row.Status).OneOf(["draft", "active", "paused", "closed"]);
        RuleFor(row => row.Pricing).JsonObject();
    }
}

/// <summary>What a listing brought.</summary>
/// <param name="Amount">Below zero where it was paid back.</param>
/// <param name="Currency">ISO 4217, in capitals.</param>
/// <param name="TransactionDate">The UTC day.</param>
[Record("podcast.marketplace_revenue")]
public sealed record MarketplaceRevenue(Guid? ListingId, decimal? Amount, string? Currency, DateOnly? TransactionDate);

internal sealed class MarketplaceRevenueValidator : AbstractValidator<MarketplaceRevenue>
{
    public MarketplaceRevenueValidator()
    {
        RuleFor(row => row.ListingId).NotNull();
        RuleFor(row => row.Amount).NotNull().PrecisionScale(14, 2, ignoreTrailingZeros: true);
        RuleFor(row => row.Currency).Currency();
        RuleFor(row => row.TransactionDate).NotNull();
    }
}
