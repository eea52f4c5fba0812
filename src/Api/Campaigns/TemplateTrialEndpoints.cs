using MediatR;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Api.Campaigns;

/// <summary>Templates looked at before they are sent.</summary>
internal static class TemplateTrialEndpoints
{
    public static void MapTemplateTrials(this RouteGroupBuilder templates, long mostBodyBytes)
    {
        templates
            .MapPost("/preview", PreviewContent)
            .WithSummary("Preview a template that is being written")
            .WithDescription("With a contact's data, or data of your own: HTML, text, what is unresolved, its size.")
            .WithMetadata(new RequestSizeLimitAttribute(mostBodyBytes));
        templates
            .MapPost("/{id:long}/preview", Preview)
            .WithSummary("Preview a saved template")
            .WithDescription("With a contact's data, or data of your own: HTML, text, what is unresolved, its size.");
        templates
            .MapPost("/{id:long}/test", Test)
            .WithSummary("Send a template to one address, to be looked at")
            .WithDescription(
                "To a member of the organization, or to a contact with a consent in force. Its subject begins with "
                    + "[Test], and its links to unsubscribe are nobody's."
            );
    }

    private static Task<TemplatePreview> PreviewContent(
        TemplateContent body,
        IMediator mediator,
        CancellationToken cancellation
    ) =>
        mediator.Send(
            new PreviewTemplate(Id: null, body.Subject, body.HtmlContent, body.MjmlContent, body.As),
            cancellation
        );

    private static Task<TemplatePreview> Preview(
        long id,
        TemplateTrial body,
        IMediator mediator,
        CancellationToken cancellation
    ) => mediator.Send(new PreviewTemplate(id, As: body.As), cancellation);

    private static Task<TemplatePreview> Test(
        long id,
        TestMail body,
        IMediator mediator,
        CancellationToken cancellation
    ) => mediator.Send(new SendTestMail(id, body.To!, body.As), cancellation);
}

/// <summary>A template that is being written.</summary>
/// <param name="As">Whose data it is filled in with.</param>
internal sealed record TemplateContent(
    string? Subject,
    string? HtmlContent = null,
    string? MjmlContent = null,
    SampleRecipient? As = null
);

/// <summary>How a saved template is looked at.</summary>
/// <param name="As">Whose data it is filled in with.</param>
internal sealed record TemplateTrial(SampleRecipient? As = null);

/// <summary>A test of a saved template.</summary>
/// <param name="To">A member's address, or that of a contact with a consent in force.</param>
/// <param name="As">Whose data it is filled in with.</param>
internal sealed record TestMail(string? To, SampleRecipient? As = null);
