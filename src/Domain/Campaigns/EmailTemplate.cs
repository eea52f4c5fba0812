using System.Diagnostics;

namespace SchemaHub.Domain.Campaigns;

/// <summary>A mail to be used again: Handlebars in its subject and its HTML, filled in for each recipient.</summary>
/// <param name="Current">What it says now; null before it was saved, and once it was deleted.</param>
public sealed record EmailTemplate(TemplateSaved? Current) : IAggregate<EmailTemplate, TemplateEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "email_template";

    /// <inheritdoc/>
    public static EmailTemplate Initial { get; } = new(Current: null);

    /// <summary>Saves a new template.</summary>
    public IReadOnlyList<TemplateEvent> Save(TemplateSaved template) => template == Current ? [] : [template];

    /// <summary>Saves it anew, as a whole; nothing happens when nothing changed.</summary>
    /// <exception cref="RuleBrokenException"><c>template.not_found</c>.</exception>
    public IReadOnlyList<TemplateEvent> Replace(TemplateSaved template)
    {
        RequireExisting();
        return Save(template);
    }

    /// <summary>
    /// Deletes the template. Campaigns that began keep what they sent; a draft that names it cannot be sent any more.
    /// </summary>
    /// <exception cref="RuleBrokenException"><c>template.not_found</c>.</exception>
    public IReadOnlyList<TemplateEvent> Delete()
    {
        RequireExisting();
        return [new TemplateDeleted(Current!.Name)];
    }

    /// <inheritdoc/>
    public EmailTemplate Apply(TemplateEvent happened) =>
        happened switch
        {
            TemplateSaved saved => new EmailTemplate(saved),
            TemplateDeleted => Initial,
            _ => throw new UnreachableException($"EmailTemplate cannot apply {happened.GetType().Name}."),
        };

    private void RequireExisting()
    {
        if (Current is null)
            throw new RuleBrokenException("template.not_found", "There is no such template.");
    }
}

/// <summary>A fact about a template.</summary>
public abstract record TemplateEvent : IAudited;

/// <summary>A template was saved, as a whole.</summary>
/// <param name="Html">What is sent, with its Handlebars.</param>
/// <param name="Mjml">The source that <paramref name="Html"/> was made from, where there is one.</param>
/// <param name="Text">The plain-text alternative, made from the HTML, with the same Handlebars.</param>
/// <param name="IsDraft">Being written: no campaign sends it.</param>
[StoredAs("template_saved")]
public sealed record TemplateSaved(string Name, string Subject, string Html, string? Mjml, string Text, bool IsDraft)
    : TemplateEvent;

/// <summary>A template was deleted.</summary>
[StoredAs("template_deleted")]
public sealed record TemplateDeleted(string Name) : TemplateEvent;
