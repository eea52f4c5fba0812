using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Records;

/// <summary>A/B tests.</summary>
/// <param name="EndDate">The last day, UTC; null where it is open.</param>
[Record("podcast.experiments")]
public sealed record Experiment(
    string? Name,
    string? Description = null,
    string? Status = "draft",
    DateOnly? StartDate = null,
    DateOnly? EndDate = null
);

internal sealed class ExperimentValidator : AbstractValidator<Experiment>
{
    public ExperimentValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(200);
        RuleFor(row => row.Description).Prose(10000);
        RuleFor(row => row.Status).OneOf(["draft", "running", "paused", "completed", "cancelled"]);
        RuleFor(row => row.EndDate)
            .GreaterThanOrEqualTo(row => row.StartDate)
            .When(row => row.StartDate is not null && row.EndDate is not null);
    }
}

/// <summary>Which variant of an experiment a person gets: always the same one.</summary>
/// <param name="Variant">For example control; the document names no values.</param>
[Record("podcast.experiment_assignments", Key = RecordKey.Natural, Times = RowTimes.None)]
public sealed record ExperimentAssignment(
    [property: KeyPart] Guid? ExperimentId,
    [property: KeyPart] Guid? UserId,
    string? Variant,
    [property: RecordedIfLeftOut] DateTimeOffset? AssignedAt = null
);

internal sealed class ExperimentAssignmentValidator : AbstractValidator<ExperimentAssignment>
{
    public ExperimentAssignmentValidator()
    {
        RuleFor(row => row.ExperimentId).NotNull();
        RuleFor(row => row.UserId).NotNull();
        RuleFor(row => row.Variant).NotBlank().PlainText(100);
    }
}

/// <summary>What people did while they were part of an experiment.</summary>
/// <param name="UserId">Null once the account is gone: the result stays.</param>
/// <param name="EventType">What was done, for example viewed or converted.</param>
/// <param name="EventData">What else is known about it, as the experiment needs it.</param>
[Record("podcast.experiment_events", Times = RowTimes.None)]
public sealed record ExperimentObservation(
    Guid? ExperimentId,
    string? EventType,
    Guid? UserId = null,
    JsonElement? EventData = null,
    [property: RecordedIfLeftOut] DateTimeOffset? OccurredAt = null
);

internal sealed class ExperimentObservationValidator : AbstractValidator<ExperimentObservation>
{
    public ExperimentObservationValidator()
    {
        RuleFor(row => row.ExperimentId).NotNull();
        RuleFor(row => row.EventType).NotBlank().PlainText(100);
        RuleFor(row => row.EventData).Json();
    }
}

/// <summary>People who left.</summary>
/// <param name="UserId">Null once the account is gone: that somebody left stays.</param>
/// <param name="ChurnReason">As the person said it; null where nothing was said.</param>
/// <param name="ChurnData">What was known about the person's use at that time.</param>
[Record("podcast.churn_events", Times = RowTimes.None)]
public sealed record Churn(
    Guid? UserId = null,
    string? ChurnReason = null,
    JsonElement? ChurnData = null,
    [property: RecordedIfLeftOut] DateTimeOffset? OccurredAt = null
);

internal sealed class ChurnValidator : AbstractValidator<Churn>
{
    public ChurnValidator()
    {
        RuleFor(row => row.ChurnReason).Prose(500);
        RuleFor(row => row.ChurnData).Json();
    }
}

/// <summary>The rules by which a tenant credits the touchpoints before a conversion.</summary>
/// <param name="ModelType">Such as first_touch or linear; the document names no values.</param>
[Record("podcast.attribution_models")]
public sealed record AttributionScheme(
    string? Name,
    string? ModelType,
    [property: Otherwise("{}")] JsonElement? Configuration = null,
    bool Enabled = false
);

internal sealed class AttributionSchemeValidator : AbstractValidator<AttributionScheme>
{
    public AttributionSchemeValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(100);
        RuleFor(row => row.ModelType).NotBlank().PlainText(50);
        RuleFor(row => row.Configuration).JsonObject();
    }
}

/// <summary>What a campaign achieved on a UTC day: one row each.</summary>
[Record("podcast.attribution_analytics")]
public sealed record AttributionAnalysis(
    Guid? CampaignId,
    DateOnly? AnalysisDate,
    [property: Otherwise("{}")] JsonElement? Metrics = null
);

internal sealed class AttributionAnalysisValidator : AbstractValidator<AttributionAnalysis>
{
    public AttributionAnalysisValidator()
    {
        RuleFor(row => row.CampaignId).NotNull();
        RuleFor(row => row.AnalysisDate).NotNull();
        RuleFor(row => row.Metrics).JsonObject();
    }
}
