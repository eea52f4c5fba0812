using MediatR;
using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Api.Contacts;

/// <summary>Sign-up forms, and double opt-ins that a program starts.</summary>
internal static class FormEndpoints
{
    public static void MapForms(this IEndpointRouteBuilder api)
    {
        var forms = api.MapGroup("/forms").WithTags("Forms");
        forms
            .MapPost("", Create)
            .WithSummary("Publish a sign-up form")
            .WithDescription("A hosted page and a snippet to embed; the answer says where.")
            .Produces<FormPlace>(StatusCodes.Status201Created);
        forms.MapPut("/{id:guid}", Replace).WithSummary("Publish a form anew").Produces<FormPlace>();
        forms.MapGet("/{id:guid}", Get).WithSummary("Get a form");
        api.MapPost("/opt-ins", Request)
            .WithTags("Forms")
            .WithSummary("Ask a person to confirm")
            .WithDescription(
                "Sends the confirmation mail of a double opt-in. Its link is in that mail only; the answer is the same "
                    + "whatever is known of the address."
            )
            .Produces(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> Create(
        NewForm body,
        IMediator mediator,
        CommandContext context,
        CancellationToken cancellation
    )
    {
        var form = await mediator.Send(body.ToCommand(id: null), cancellation);
        var place = FormPlace.Of(context, form.Stream);
        return Results.Created($"/api/v1/forms/{form.Stream}", place);
    }

    private static async Task<FormPlace> Replace(
        Guid id,
        NewForm body,
        IMediator mediator,
        CommandContext context,
        CancellationToken cancellation
    )
    {
        _ = await mediator.Send(new GetSignUpForm(id), cancellation) ?? throw new NotFoundException("form");
        await mediator.Send(body.ToCommand(id), cancellation);
        return FormPlace.Of(context, id);
    }

    private static async Task<SignUpFormText> Get(Guid id, IMediator mediator, CancellationToken cancellation) =>
        await mediator.Send(new GetSignUpForm(id), cancellation) ?? throw new NotFoundException("form");

    private static async Task<IResult> Request(NewOptIn body, IMediator mediator, CancellationToken cancellation)
    {
        await mediator.Send(new RequestOptIn(body.Email!, body.Name, body.Consents ?? [], Sources.Api), cancellation);
        return Results.Accepted();
    }
}

/// <summary>A form to be published.</summary>
/// <param name="Purpose"><c>newsletter</c> unless named.</param>
/// <param name="Wording">SHA-256 of the published wording that people agree to.</param>
/// <param name="TrackingWording">SHA-256 of the wording of a separate box for tracking.</param>
/// <param name="SenderAddress">
/// The mailbox that confirmation mails come from, of a verified domain; the organization's sender unless named.
/// </param>
internal sealed record NewForm(
    string? Title,
    string? Wording,
    string? Language,
    string? SenderAddress = null,
    string? Purpose = null,
    string? TrackingWording = null
)
{
    public PublishSignUpForm ToCommand(Guid? id) =>
        new(id, Title!, Purpose ?? Purposes.Newsletter, Wording!, Language!, TrackingWording, SenderAddress);
}

/// <summary>Where a form is.</summary>
/// <param name="Page">The hosted page; <c>/snippet</c> behind it gives the HTML to embed.</param>
internal sealed record FormPlace(Guid Id, string Page)
{
    public static FormPlace Of(CommandContext context, Guid form) =>
        new(form, $"/lists/{context.OrganizationId}/{form}");
}

/// <summary>A person to be asked.</summary>
/// <param name="Consents">What they are asked to confirm.</param>
internal sealed record NewOptIn(string? Email, string? Name, IReadOnlyList<ConsentInput>? Consents);
