using FluentValidation;
using MediatR;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;

namespace SchemaHub.Api.Pages;

/// <summary>The page behind the link of an invitation: who invites where, and the button that joins.</summary>
internal static class InvitationPages
{
    public static void MapInvitation(this IEndpointRouteBuilder pages)
    {
        const string path = "/invitations/{token}";
        pages.MapMethods(path, PageEndpoints.GetOrHead, Show);
        // Without a rate limit: nothing is done, nor a password hashed, for whoever does not hold a link.
        pages.MapPost(path, Accept);
    }

    private static async Task<IResult> Show(string token, IMediator mediator, CancellationToken cancellation)
    {
        try
        {
            return await Page(token, mediator, cancellation);
        }
        catch (RuleBrokenException refused)
        {
            return Refused(refused);
        }
    }

    private static async Task<IResult> Accept(
        string token,
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        var fields = await request.ReadFields();
        var name = fields["name"].ToString().Trim();
        try
        {
            var joined = await mediator.Send(
                new AcceptByLink(token, name == "" ? null : name, fields["password"].ToString()),
                cancellation
            );
            return Messages.Of(PageTexts.JoinedTitle, PageTexts.Joined(joined.Organization));
        }
        catch (ValidationException invalid)
        {
            return await Page(token, mediator, cancellation, StatusCodes.Status400BadRequest, invalid, name);
        }
        catch (RuleBrokenException refused)
        {
            return Refused(refused);
        }
    }

    private static async Task<IResult> Page(
        string token,
        IMediator mediator,
        CancellationToken cancellation,
        int status = StatusCodes.Status200OK,
        ValidationException? problems = null,
        string name = ""
    ) =>
        new Page<InvitationPage>(
            new()
            {
                [nameof(InvitationPage.Shown)] = await mediator.Send(new ShowInvitation(token), cancellation),
                [nameof(InvitationPage.Name)] = name,
                [nameof(InvitationPage.NameProblem)] = Problem(problems, nameof(AcceptByLink.Name)),
                [nameof(InvitationPage.PasswordProblem)] = Problem(problems, nameof(AcceptByLink.Password)),
            },
            status
        );

    private static string? Problem(ValidationException? problems, string field) =>
        problems?.Errors.FirstOrDefault(error => error.PropertyName == field)?.ErrorMessage;

    // Whoever has no link that works learns nothing else; whoever has one is told what stands in the way.
    private static IResult Refused(RuleBrokenException refused)
    {
        // Whoever comes back to a link that did its work is not told that it failed.
        if (refused.Code == "invitation.accepted")
            return Messages.Of(PageTexts.JoinedTitle, PageTexts.InvitationUsed);

        var status = refused.Code switch
        {
            "invitation.unknown" => StatusCodes.Status404NotFound,
            "invitation.expired" or "invitation.revoked" => StatusCodes.Status410Gone,
            "invitation.other_address" => StatusCodes.Status403Forbidden,
            _ => StatusCodes.Status409Conflict,
        };
        return Messages.Of(PageTexts.NotJoinedTitle, refused.Message, status);
    }
}
