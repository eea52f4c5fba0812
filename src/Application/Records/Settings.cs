using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Records;

/// <summary>What a tenant configured: one row each.</summary>
/// <param name="Settings">A JSON object of setting names and values.</param>
[Record("podcast.tenant_settings", Key = RecordKey.Tenant, Area = "organization")]
public sealed record TenantSettings([property: Otherwise("{}")] JsonElement? Settings = null);

internal sealed class TenantSettingsValidator : AbstractValidator<TenantSettings>
{
    public TenantSettingsValidator()
    {
        RuleFor(row => row.Settings).JsonObject();
    }
}

/// <summary>How much a tenant may have: one row each.</summary>
/// <param name="MaxUsers">Members at most; null where there is no limit.</param>
/// <param name="MaxPodcasts">Podcasts at most; null where there is no limit.</param>
/// <param name="MaxCampaigns">Campaigns at most; null where there is no limit.</param>
[Record("podcast.tenant_quotas", Key = RecordKey.Tenant, Area = "organization")]
public sealed record TenantQuotas(int? MaxUsers = null, int? MaxPodcasts = null, int? MaxCampaigns = null);

internal sealed class TenantQuotasValidator : AbstractValidator<TenantQuotas>
{
    public TenantQuotasValidator()
    {
        RuleFor(row => row.MaxUsers).GreaterThanOrEqualTo(0);
        RuleFor(row => row.MaxPodcasts).GreaterThanOrEqualTo(0);
        RuleFor(row => row.MaxCampaigns).GreaterThanOrEqualTo(0);
    }
}

/// <summary>How a tenant presents itself: one row each.</summary>
/// <param name="PrimaryColor">As #rrggbb.</param>
/// <param name="CustomDomain">A wish, not a proof: two tenants may name the same, and neither owns it for that.</param>
[Record("podcast.white_label_settings", Key = RecordKey.Tenant, Area = "organization")]
public sealed record WhiteLabelSettings(
    string? BrandName = null,
    string? LogoUrl = null,
    string? PrimaryColor = null,
    string? CustomDomain = null
);

internal sealed class WhiteLabelSettingsValidator : AbstractValidator<WhiteLabelSettings>
{
    public WhiteLabelSettingsValidator()
    {
        RuleFor(row => row.BrandName).PlainText(200);
        RuleFor(row => row.LogoUrl).WebUrl();
        RuleFor(row => row.PrimaryColor).Color();
        RuleFor(row => row.CustomDomain).DomainName();
    }
}

/// <summary>The systems a tenant connected.</summary>
/// <param name="IntegrationType">Which system, for example a hosting platform's name.</param>
/// <param name="Configuration">A JSON object; secrets do not belong here but in integration_tokens.</param>
[Record("podcast.integrations")]
public sealed record Integration(
    string? Name,
    string? IntegrationType,
    string? Status = "pending",
    [property: Otherwise("{}")] JsonElement? Configuration = null
);

internal sealed class IntegrationValidator : AbstractValidator<Integration>
{
    public IntegrationValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(200);
        RuleFor(row => row.IntegrationType).NotBlank().PlainText(50);
        RuleFor(row => row.Status).OneOf(["pending", "active", "inactive", "error"]);
        RuleFor(row => row.Configuration).JsonObject();
    }
}

/// <summary>One row per exchange with a connected system.</summary>
/// <param name="SyncType">What was exchanged and how, for example full or incremental.</param>
/// <param name="CompletedAt">When it ended, well or not; null while it runs.</param>
[Record("podcast.integration_sync_logs", Times = RowTimes.None)]
public sealed record IntegrationSync(
    Guid? IntegrationId,
    string? SyncType,
    string? Status = "running",
    int RecordsSynced = 0,
    string? ErrorMessage = null,
    [property: RecordedIfLeftOut] DateTimeOffset? StartedAt = null,
    DateTimeOffset? CompletedAt = null
);

internal sealed class IntegrationSyncValidator : AbstractValidator<IntegrationSync>
{
    public IntegrationSyncValidator()
    {
        RuleFor(row => row.IntegrationId).NotNull();
        RuleFor(row => row.SyncType).NotBlank().PlainText(50);
        RuleFor(row => row.Status).OneOf(["running", "completed", "failed", "cancelled"]);
        RuleFor(row => row.RecordsSynced).GreaterThanOrEqualTo(0);
        RuleFor(row => row.ErrorMessage).Prose(10000);
    }
}
