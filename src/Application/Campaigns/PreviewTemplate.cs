using System.Text;
using System.Text.Json;
using FluentValidation;
using FluentValidation.Results;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>A template as one recipient would get it; a saved one, or one that is being written.</summary>
/// <param name="Id">Of a saved template; null where the content is given.</param>
/// <param name="As">Whose data it is filled in with.</param>
[Requires("campaigns:write")]
public sealed record PreviewTemplate(
    long? Id = null,
    string? Subject = null,
    string? HtmlContent = null,
    string? MjmlContent = null,
    SampleRecipient? As = null
) : IQuery<TemplatePreview>;

/// <summary>Whose data a template is filled in with: a contact's, or data made up.</summary>
/// <param name="ContactId">Where it is given, the rest is the contact's own.</param>
/// <param name="Metadata">A JSON object.</param>
public sealed record SampleRecipient(
    long? ContactId = null,
    string? Email = null,
    string? Name = null,
    JsonElement? Metadata = null
);

/// <summary>A template filled in, and what is worth knowing before it is sent.</summary>
/// <param name="Unresolved">Variables that the data had nothing for, as the template writes them.</param>
/// <param name="SizeBytes">Of the HTML in UTF-8.</param>
/// <param name="Warnings">What a reader would miss, or what keeps it from being more than a draft.</param>
public sealed record TemplatePreview(
    string Subject,
    string Html,
    string Text,
    IReadOnlyCollection<string> Unresolved,
    int SizeBytes,
    IReadOnlyList<TemplateWarning> Warnings
);

/// <summary>Something worth knowing about a template.</summary>
/// <param name="Code"><c>template.clipped</c> or <c>template.incomplete</c>.</param>
public sealed record TemplateWarning(string Code, string Message);

internal sealed class PreviewTemplateValidator : AbstractValidator<PreviewTemplate>
{
    public PreviewTemplateValidator()
    {
        RuleFor(query => query.Subject).PlainText(255);
        RuleFor(query => query.HtmlContent).TemplateBody();
        RuleFor(query => query.MjmlContent).TemplateBody();
        RuleFor(query => query.As!).SetValidator(new SampleRecipientValidator()).When(query => query.As is not null);
    }
}

internal sealed class SampleRecipientValidator : AbstractValidator<SampleRecipient>
{
    public SampleRecipientValidator()
    {
        RuleFor(sample => sample.Email).EmailAddress().When(sample => sample.Email is not null);
        RuleFor(sample => sample.Name).MaximumLength(255);
        RuleFor(sample => sample.Metadata).Metadata();
    }
}

internal sealed class PreviewTemplateHandler(
    TemplateStreams streams,
    TemplateBodies bodies,
    ITemplateWorkshop workshop,
    IMediator mediator,
    IPublicLinks links
) : IRequestHandler<PreviewTemplate, TemplatePreview>
{
    /// <summary>Above this Gmail cuts a mail, and with it the link to unsubscribe.</summary>
    public const int ClippedAboveBytes = 102_400;

    // A link that opens nobody's choices: whoever looks at a preview must not unsubscribe somebody by it.
    public const string NobodysToken = "preview";

    public async Task<TemplatePreview> Handle(PreviewTemplate query, CancellationToken cancellation)
    {
        var (subject, html, text, lacks) = await Content(query, cancellation);
        var recipient = await Recipient(query.As ?? new SampleRecipient(), cancellation);
        var shown = Show(query, subject, html, text, recipient, cancellation);
        var size = Encoding.UTF8.GetByteCount(shown.Mail.Html);
        List<TemplateWarning> warnings =
        [
            .. lacks.Select(problem => new TemplateWarning("template.incomplete", problem.Told)),
        ];
        if (size > ClippedAboveBytes)
            warnings.Add(
                new TemplateWarning(
                    "template.clipped",
                    $"The HTML has {size:N0} bytes; above {ClippedAboveBytes:N0} Gmail cuts it off."
                )
            );

        return new TemplatePreview(
            shown.Mail.Subject,
            shown.Mail.Html,
            shown.Mail.Text,
            shown.Unresolved,
            size,
            warnings
        );
    }

    private async Task<(string Subject, string Html, string Text, IReadOnlyList<TemplateProblem> Lacks)> Content(
        PreviewTemplate query,
        CancellationToken cancellation
    )
    {
        if (query.Id is { } id)
        {
            var saved = await streams.Load(await streams.Find(id, cancellation), cancellation);
            var known = workshop.Review(
                new TemplateSource(saved.Subject, saved.Html, saved.Mjml, IsDraft: true),
                cancellation
            );
            return (saved.Subject, saved.Html, saved.Text, known.Lacks);
        }

        var html = await bodies.Html(query.HtmlContent, query.MjmlContent, before: null, cancellation);
        var subject = query.Subject ?? "";
        var reviewed = workshop.Review(
            new TemplateSource(subject, html, query.MjmlContent, IsDraft: true),
            cancellation
        );
        TemplateBodies.RequireSound(reviewed.Problems);
        return (subject, html, reviewed.Text, reviewed.Lacks);
    }

    private ShownTemplate Show(
        PreviewTemplate query,
        string subject,
        string html,
        string text,
        Recipient recipient,
        CancellationToken cancellation
    )
    {
        try
        {
            return workshop.Show(subject, html, text, recipient, cancellation);
        }
        catch (TemplateBrokenException broken) when (broken is not TemplateTooCostlyException)
        {
            var field =
                broken.Field == nameof(RenderedMail.Subject) ? nameof(query.Subject)
                : query.MjmlContent is null ? nameof(query.HtmlContent)
                : nameof(query.MjmlContent);
            throw new ValidationException([new ValidationFailure(field, broken.Message)]);
        }
    }

    private async Task<Recipient> Recipient(SampleRecipient sample, CancellationToken cancellation)
    {
        var (email, name, metadata) = (sample.Email ?? "name@example.com", sample.Name, sample.Metadata);
        if (sample.ContactId is { } id)
        {
            var contact = (await mediator.Send(new GetContact(id), cancellation)).Contact;
            // An erased person has no data to be shown.
            (email, name, metadata) = (
                contact.Email ?? throw new NotFoundException("contact"),
                contact.Name,
                contact.Metadata
            );
        }

        return new Recipient(
            email,
            name,
            metadata,
            links.Unsubscribe(NobodysToken).ToString(),
            links.Preferences(NobodysToken).ToString(),
            await mediator.Send(new GetPostalAddress(), cancellation) ?? "(The sender's postal address.)"
        );
    }
}
