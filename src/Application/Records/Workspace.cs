using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Records;

/// <summary>What users work on.</summary>
/// <param name="UserId">Whose project it is: a member of the organization.</param>
[Record("saas.projects")]
public sealed record Project(int? UserId, string? Name, string? Description = null, string? Status = "active");

internal sealed class ProjectValidator : AbstractValidator<Project>
{
    public ProjectValidator()
    {
        RuleFor(row => row.UserId).NotNull();
        RuleFor(row => row.Name).NotBlank().PlainText(255);
        RuleFor(row => row.Description).Prose(10000);
        RuleFor(row => row.Status).OneOf(["active", "archived", "completed"]);
    }
}

/// <summary>How the service looks: one catalogue for the installation, of which one theme is active.</summary>
/// <param name="Name">What programs call it.</param>
/// <param name="DisplayName">What people read.</param>
/// <param name="Config">Colours, fonts and the like, by name.</param>
/// <param name="IsActive">True for one theme at most.</param>
[Record("saas.themes", Scope = RecordScope.Everybody)]
public sealed record Theme(
    string? Name,
    string? DisplayName,
    JsonElement? Config,
    string? Description = null,
    bool IsActive = false,
    int? CreatedBy = null
);

internal sealed class ThemeValidator : AbstractValidator<Theme>
{
    public ThemeValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(100);
        RuleFor(row => row.DisplayName).NotBlank().PlainText(200);
        RuleFor(row => row.Description).Prose(10000);
        RuleFor(row => row.Config).NotNull().Json();
    }
}

/// <summary>What is known of stored files; their bytes lie elsewhere.</summary>
/// <param name="UserId">Whose file it is: a member of the organization.</param>
/// <param name="Filename">As the user named it.</param>
/// <param name="FilePath">Where its bytes lie, within storage_type.</param>
/// <param name="FileSize">Bytes; a file has less than 2 GiB.</param>
/// <param name="MimeType">As in image/png; null where unknown.</param>
/// <param name="IsPublic">Anybody who has the address may read its bytes; this row stays the tenant's.</param>
[Record("saas.files")]
public sealed record StoredFile(
    int? UserId,
    string? Filename,
    string? FilePath,
    int? FileSize,
    string? MimeType = null,
    string? StorageType = "local",
    bool IsPublic = false
);

internal sealed class StoredFileValidator : AbstractValidator<StoredFile>
{
    public StoredFileValidator()
    {
        RuleFor(row => row.UserId).NotNull();
        RuleFor(row => row.Filename).NotBlank().PlainText(500);
        RuleFor(row => row.FilePath)
            .NotBlank()
            .PlainText(1000)
            .Must(path => path?.Split('/', '\\').Contains("..") != true)
            .WithMessage("A path leads to no folder above.");
        RuleFor(row => row.FileSize).NotNull().GreaterThanOrEqualTo(0);
        RuleFor(row => row.MimeType).PlainText(100).MediaType();
        RuleFor(row => row.StorageType).OneOf(["local", "s3"]);
    }
}

/// <summary>Things of an organization's own making, of whatever type it needs.</summary>
/// <param name="EntityType">What kind of thing it is, in the organization's words.</param>
/// <param name="Name">Unique among the living of one type.</param>
/// <param name="Attributes">What else is known of it, by name.</param>
/// <param name="OwnerId">Who answers for it; null for nobody, or an account that is gone.</param>
[Record("smarthub.entities", SoftDeletes = true)]
public sealed record Entity(
    string? EntityType,
    string? Name,
    [property: Otherwise("{}")] JsonElement? Attributes = null,
    Guid? OwnerId = null,
    bool IsActive = true
);

internal sealed class EntityValidator : AbstractValidator<Entity>
{
    public EntityValidator()
    {
        RuleFor(row => row.EntityType).NotBlank().PlainText(100);
        RuleFor(row => row.Name).NotBlank().PlainText(255);
        RuleFor(row => row.Attributes).JsonObject();
    }
}

/// <summary>What an organization sorts its conversations by.</summary>
/// <param name="Color">As #rrggbb.</param>
[Record("snorq.labels", Times = RowTimes.None)]
public sealed record Label(string? Name, string? Color = "#6366f1");

internal sealed class LabelValidator : AbstractValidator<Label>
{
    public LabelValidator()
    {
        RuleFor(row => row.Name).NotBlank().PlainText(50);
        RuleFor(row => row.Color).NotNull().Color();
    }
}
