using FluentValidation;
using MediatR;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;

namespace SchemaHub.Api.Pages;

/// <summary>The pages behind links about a person's own account: verify the address, choose another password.</summary>
internal static class AccountEndpoints
{
    public static void MapAccounts(this IEndpointRouteBuilder pages)
    {
        pages.MapMethods("/account/verify/{token}", PageEndpoints.GetOrHead, ShowVerification);
        pages.MapPost("/account/verify/{token}", Verify);
        pages.MapMethods("/account/reset/{token}", PageEndpoints.GetOrHead, ShowReset);
        pages.MapPost("/account/reset/{token}", Reset).RequireRateLimiting(PageEndpoints.RateLimit);
    }

    private static async Task<IResult> ShowVerification(
        string token,
        IMediator mediator,
        CancellationToken cancellation
    ) =>
        await mediator.Send(new CheckAccountLink(AccountLink.Verification, token), cancellation)
            ? new Page<VerifyPage>([])
            : LinkOver();

    private static async Task<IResult> Verify(string token, IMediator mediator, CancellationToken cancellation)
    {
        try
        {
            await mediator.Send(new ConfirmEmail(token), cancellation);
            return Messages.Of(AccountTexts.VerifiedTitle, AccountTexts.Verified);
        }
        catch (RuleBrokenException)
        {
            return LinkOver();
        }
    }

    private static async Task<IResult> ShowReset(string token, IMediator mediator, CancellationToken cancellation) =>
        await mediator.Send(new CheckAccountLink(AccountLink.Reset, token), cancellation)
            ? new Page<ResetPage>([])
            : LinkOver();

    private static async Task<IResult> Reset(
        string token,
        HttpRequest request,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        var fields = await request.ReadFields();
        try
        {
            await mediator.Send(new ResetPassword(token, fields["password"].ToString()), cancellation);
            return Messages.Of(AccountTexts.ChangedTitle, AccountTexts.Changed);
        }
        catch (ValidationException invalid)
        {
            return Again(invalid.Errors.First().ErrorMessage, StatusCodes.Status400BadRequest);
        }
        catch (PasswordsBusyException busy)
        {
            request.HttpContext.Response.Headers.RetryAfter = "5";
            return Again(busy.Message, StatusCodes.Status503ServiceUnavailable);
        }
        catch (RuleBrokenException)
        {
            return LinkOver();
        }
    }

    private static Page<ResetPage> Again(string problem, int status) =>
        new(new() { [nameof(ResetPage.Problem)] = problem }, status);

    private static IResult LinkOver() =>
        Messages.Of(PageTexts.For("en").LinkUnknownTitle, AccountTexts.LinkOver, StatusCodes.Status404NotFound);
}
