using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;

namespace SchemaHub.Application.Records;

/// <summary>Which mail a person wants from us: one row each.</summary>
/// <param name="MarketingEmails">False until the person agrees.</param>
/// <param name="ProductUpdates">False until the person agrees.</param>
[Record("podcast.user_email_preferences", Key = RecordKey.Natural, Scope = RecordScope.Person)]
public sealed record EmailPreferences(
    [property: KeyPart] Guid? UserId,
    bool MarketingEmails = false,
    bool ProductUpdates = false,
    bool SecurityAlerts = true
);

internal sealed class EmailPreferencesValidator : AbstractValidator<EmailPreferences>
{
    public EmailPreferencesValidator()
    {
        RuleFor(row => row.UserId).NotNull();
    }
}

/// <summary>The latest value of each measure of a person's use.</summary>
/// <param name="MetricData">What stands behind the value, where one number is not enough.</param>
[Record("podcast.user_metrics", Key = RecordKey.Natural, Scope = RecordScope.Person)]
public sealed record UserMetric(
    [property: KeyPart] Guid? UserId,
    [property: KeyPart] string? MetricName,
    decimal? MetricValue = null,
    JsonElement? MetricData = null
);

internal sealed class UserMetricValidator : AbstractValidator<UserMetric>
{
    public UserMetricValidator()
    {
        RuleFor(row => row.UserId).NotNull();
        RuleFor(row => row.MetricName).NotBlank().PlainText(100);
        RuleFor(row => row.MetricValue).PrecisionScale(20, 6, ignoreTrailingZeros: true);
        RuleFor(row => row.MetricData).Json();
    }
}

/// <summary>Whose a thing is. A thing has one owner.</summary>
/// <param name="ResourceType">The table that resource_id is a row of.</param>
[Record("podcast.resource_ownership", Area = "roles")]
public sealed record ResourceOwnership(string? ResourceType, Guid? ResourceId, Guid? OwnerId);

internal sealed class ResourceOwnershipValidator : AbstractValidator<ResourceOwnership>
{
    public ResourceOwnershipValidator()
    {
        RuleFor(row => row.ResourceType).NotBlank().PlainText(100);
        RuleFor(row => row.ResourceId).NotNull();
        RuleFor(row => row.OwnerId).NotNull();
    }
}

/// <summary>What a tenant allows or forbids by attributes, beside its roles. Kept and not asked yet.</summary>
/// <param name="PolicyDefinition">As <see cref="PolicyRules"/> describes it.</param>
/// <param name="Enabled">Only what is enabled is applied.</param>
[Record("podcast.access_control_policies", Area = "roles")]
public sealed record AccessPolicy(
    string? Name,
    JsonElement? PolicyDefinition,
    string? Description = null,
    bool Enabled = false
);

internal sealed class AccessPolicyValidator : AbstractValidator<AccessPolicy>
{
    public AccessPolicyValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(100);
        RuleFor(row => row.Description).Prose(10000);
        RuleFor(row => row.PolicyDefinition).NotNull().JsonObject().Policy();
    }
}
