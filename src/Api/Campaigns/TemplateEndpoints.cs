using MediatR;
using Microsoft.AspNetCore.Mvc;
using SchemaHub.Api.Http;
using SchemaHub.Api.Records;
using SchemaHub.Application;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Api.Campaigns;

/// <summary>Mails to be used again.</summary>
internal static class TemplateEndpoints
{
    private const string Path = "/backstage/email-templates";

    // Twice a megabyte of text, in UTF-8 and escaped.
    private const long MostBodyBytes = 8 * 1024 * 1024;

    public static void MapTemplates(this IEndpointRouteBuilder api)
    {
        var templates = api.MapGroup(Path).WithTags("backstage");
        templates.MapGet("", List).WithSummary("List email templates").InOrder("in which they came");
        templates.MapTemplateTrials(MostBodyBytes);
        templates
            .MapGet("/{id:long}", Get)
            .WithSummary("Get one of email templates")
            .WithDescription("Its ETag is its version.");
        templates
            .MapPost("", Create)
            .WithSummary("Add to email templates")
            .WithDescription("HTML with Handlebars, or MJML, of which the HTML is made.")
            .WithMetadata(new RequestSizeLimitAttribute(MostBodyBytes))
            .Produces<Changed>(StatusCodes.Status201Created);
        templates
            .MapPut("/{id:long}", Replace)
            .WithSummary("Replace one of email templates")
            .WithMetadata(new RequestSizeLimitAttribute(MostBodyBytes))
            .WithDescription("If-Match names the version that is replaced. What is left out is as if it was new.");
        templates
            .MapDelete("/{id:long}", Delete)
            .WithSummary("Delete one of email templates")
            .WithDescription("If-Match names the version that is deleted. Drafts of campaigns with it name none then.");
    }

    private static async Task<Paged<Numbered<TemplateRow>>> List(
        IMediator mediator,
        CancellationToken cancellation,
        int limit = 50,
        string? after = null
    )
    {
        const string list = "backstage.email_templates";
        var page = await mediator.Send(new ListTemplates(limit, PageToken.Read(list, after)), cancellation);
        return new Paged<Numbered<TemplateRow>>(
            [.. page.Items.Select(TemplateRow.Published)],
            PageToken.Of(list, page.Next)
        );
    }

    private static async Task<Numbered<TemplateRow>> Get(
        long id,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var found = await mediator.Send(new GetTemplate(id), cancellation);
        response.SetVersion(found.Version);
        return TemplateRow.Published(found.Template);
    }

    private static async Task<IResult> Create(
        TemplateRow body,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var changed = await Send(body.ToCommand(), mediator, response, cancellation);
        return Results.Created($"/api/v1{Path}/{changed.Id}", changed);
    }

    private static Task<Changed> Replace(
        long id,
        TemplateRow body,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) =>
        Send(
            body.ToCommand() with
            {
                Id = id,
                ExpectedVersion = EntityTags.RequireVersion(ifMatch),
            },
            mediator,
            response,
            cancellation
        );

    private static Task<Changed> Delete(
        long id,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    ) => Send(new DeleteTemplate(id, EntityTags.RequireVersion(ifMatch)), mediator, response, cancellation);

    private static async Task<Changed> Send(
        ICommand command,
        IMediator mediator,
        HttpResponse response,
        CancellationToken cancellation
    )
    {
        var position = await mediator.Send(command, cancellation);
        response.SetVersion(position.Version);
        return Changed.Of(position);
    }
}

/// <summary>What people write of a template; to replace one, send this.</summary>
/// <param name="Subject">With Handlebars.</param>
/// <param name="HtmlContent">What is sent, with Handlebars; made of the MJML where that is given.</param>
/// <param name="MjmlContent">The MJML source, if there is one.</param>
/// <param name="IsDraft">Being written: no campaign sends it.</param>
internal sealed record TemplateRow(
    string? Name,
    string? Subject,
    string? HtmlContent = null,
    string? MjmlContent = null,
    bool IsDraft = false
)
{
    public SaveTemplate ToCommand() => new(Name, Subject, HtmlContent, MjmlContent, IsDraft);

    public static Numbered<TemplateRow> Published(PublishedTemplate template) =>
        new(
            template.Id,
            new TemplateRow(
                template.Name,
                template.Subject,
                template.HtmlContent,
                template.MjmlContent,
                template.IsDraft
            ),
            template.CreatedAt,
            template.UpdatedAt
        );
}
