using MediatR;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;

namespace SchemaHub.Api.Pages;

/// <summary>The page behind the link of an invitation: who invites where, and the button that joins.</summary>
internal static class InvitationPages
{
    private static readonly PageTexts Texts = PageTexts.For("en");

    public static void MapInvitation(this IEndpointRouteBuilder pages)
    {
        const string path = "/invitations/{token}";
        pages.MapMethods(path, PageEndpoints.GetOrHead, Show);
        pages.MapPost(path, Accept).RequireRateLimiting(PageEndpoints.RateLimit);
    }

    private static async Task<IResult> Show(string token, IMediator mediator, CancellationToken cancellation)
    {
        try
        {
            var shown = await mediator.Send(new ShowInvitation(token), cancellation);
            return new Page<InvitationPage>(new() { [nameof(InvitationPage.Shown)] = shown });
        }
        catch (RuleBrokenException refused)
        {
            return Refused(refused);
        }
    }

    private static async Task<IResult> Accept(string token, IMediator mediator, CancellationToken cancellation)
    {
        try
        {
            var joined = await mediator.Send(new AcceptByLink(token), cancellation);
            return Messages.Of(Texts.JoinedTitle, Texts.Joined(joined.Organization));
        }
        catch (RuleBrokenException refused)
        {
            return Refused(refused);
        }
    }

    // Whoever has no link that works learns nothing else; whoever has one is told what stands in the way.
    private static IResult Refused(RuleBrokenException refused)
    {
        var status = refused.Code switch
        {
            "invitation.unknown" => StatusCodes.Status404NotFound,
            "invitation.expired" or "invitation.revoked" => StatusCodes.Status410Gone,
            "invitation.other_address" => StatusCodes.Status403Forbidden,
            _ => StatusCodes.Status409Conflict,
        };
        return Messages.Of(Texts.NotJoinedTitle, refused.Message, status);
    }
}
