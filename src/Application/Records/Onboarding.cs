using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Records;

/// <summary>What somebody new is led through, the same in every tenant.</summary>
/// <param name="StepKey">By which programs know the step.</param>
/// <param name="OrderIndex">From low to high.</param>
/// <param name="Required">It cannot be skipped.</param>
[Record("podcast.onboarding_steps", Scope = RecordScope.Everybody)]
public sealed record OnboardingStep(
    string? StepKey,
    string? StepName,
    int? OrderIndex,
    string? Description = null,
    bool Required = false
);

internal sealed class OnboardingStepValidator : AbstractValidator<OnboardingStep>
{
    public OnboardingStepValidator()
    {
        RuleFor(row => row.StepKey).NotBlank().PlainText(100);
        RuleFor(row => row.StepName).NotBlank().PlainText(200);
        RuleFor(row => row.Description).Prose(10000);
        RuleFor(row => row.OrderIndex).NotNull().GreaterThanOrEqualTo(0);
    }
}

/// <summary>
/// The steps a person is done with, by completing or by skipping them; a step that is open has no row.
/// </summary>
[Record("podcast.onboarding_progress", Key = RecordKey.Natural, Scope = RecordScope.Person, Times = RowTimes.None)]
public sealed record OnboardingProgress(
    [property: KeyPart] Guid? UserId,
    [property: KeyPart] Guid? StepId,
    DateTimeOffset? CompletedAt = null,
    DateTimeOffset? SkippedAt = null
);

internal sealed class OnboardingProgressValidator : AbstractValidator<OnboardingProgress>
{
    public OnboardingProgressValidator()
    {
        RuleFor(row => row.UserId).NotNull();
        RuleFor(row => row.StepId).NotNull();
        RuleFor(row => row.CompletedAt)
            .Must((row, completedAt) => completedAt is null != row.SkippedAt is null)
            .WithMessage("A step is completed or skipped: exactly one of completedAt and skippedAt is set.");
    }
}

/// <summary>Reports as they were when they were made.</summary>
/// <param name="ReportType">Which report; the document names no values.</param>
/// <param name="ReportData">What it says, in the shape of its type.</param>
/// <param name="CreatedBy">Who asked for it; null for the service, and once the account is gone.</param>
[Record("podcast.reports", Times = RowTimes.None)]
public sealed record Report(
    string? ReportType,
    JsonElement? ReportData,
    [property: RecordedIfLeftOut] DateTimeOffset? GeneratedAt = null,
    Guid? CreatedBy = null
);

internal sealed class ReportValidator : AbstractValidator<Report>
{
    public ReportValidator()
    {
        RuleFor(row => row.ReportType).NotBlank().PlainText(50);
        RuleFor(row => row.ReportData).NotNull().Json();
    }
}
