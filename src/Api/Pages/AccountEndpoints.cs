using FluentValidation;
using MediatR;
using SchemaHub.Api.Security;
using SchemaHub.Application.Identity;
using SchemaHub.Domain;

namespace SchemaHub.Api.Pages;

/// <summary>
/// The pages behind links about a person's own account: verify the address, choose another password, make a browser
/// known.
/// </summary>
internal static class AccountEndpoints
{
    public static void MapAccounts(this IEndpointRouteBuilder pages)
    {
        pages.MapMethods("/account/verify/{token}", PageEndpoints.GetOrHead, ShowVerification);
        pages.MapPost("/account/verify/{token}", Verify).RequireRateLimiting(PageEndpoints.RateLimit);
        pages.MapMethods("/account/reset/{token}", PageEndpoints.GetOrHead, ShowReset);
        pages.MapPost("/account/reset/{token}", Reset).RequireRateLimiting(PageEndpoints.RateLimit);
        pages.MapMethods("/account/device/{token}", PageEndpoints.GetOrHead, ShowDevice);
        pages.MapPost("/account/device/{token}", ConfirmDevice).RequireRateLimiting(PageEndpoints.RateLimit);
    }

    private static async Task<IResult> ShowVerification(
        string token,
        IMediator mediator,
        CancellationToken cancellation
    ) =>
        await mediator.Send(new CheckAccountLink(AccountLink.Verification, token), cancellation) switch
        {
            AccountLinkState.Works => new Page<VerifyPage>([]),
            AccountLinkState.Used => Messages.Of(AccountTexts.VerifiedTitle, AccountTexts.Verified),
            _ => LinkOver(),
        };

    private static async Task<IResult> Verify(
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
            var known = await mediator.Send(
                new ConfirmEmail(token, fields["password"].ToString(), name == "" ? null : name),
                cancellation
            );
            SignInCookies.SetDevice(request.HttpContext, known.Device);
            return Messages.Of(AccountTexts.VerifiedTitle, AccountTexts.Verified);
        }
        catch (ValidationException invalid)
        {
            return VerifyAgain(name, StatusCodes.Status400BadRequest, invalid);
        }
        catch (PasswordsBusyException busy)
        {
            request.HttpContext.Response.Headers.RetryAfter = "5";
            return VerifyAgain(name, StatusCodes.Status503ServiceUnavailable, passwordProblem: busy.Message);
        }
        catch (RuleBrokenException)
        {
            return LinkOver();
        }
    }

    private static async Task<IResult> ShowDevice(string token, IMediator mediator, CancellationToken cancellation) =>
        await mediator.Send(new CheckAccountLink(AccountLink.Device, token), cancellation) switch
        {
            AccountLinkState.Works => new Page<DevicePage>([]),
            _ => LinkOver(),
        };

    private static async Task<IResult> ConfirmDevice(
        string token,
        HttpContext http,
        IMediator mediator,
        CancellationToken cancellation
    )
    {
        try
        {
            SignInCookies.SetDevice(http, (await mediator.Send(new ConfirmDevice(token), cancellation)).Device);
            return Messages.Of(AccountTexts.DeviceKnownTitle, AccountTexts.DeviceKnown);
        }
        catch (RuleBrokenException)
        {
            return LinkOver();
        }
    }

    private static async Task<IResult> ShowReset(string token, IMediator mediator, CancellationToken cancellation) =>
        await mediator.Send(new CheckAccountLink(AccountLink.Reset, token), cancellation) switch
        {
            AccountLinkState.Works => new Page<ResetPage>([]),
            AccountLinkState.Used => Messages.Of(AccountTexts.ChangedTitle, AccountTexts.ChangedBefore),
            _ => LinkOver(),
        };

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
            var known = await mediator.Send(new ResetPassword(token, fields["password"].ToString()), cancellation);
            SignInCookies.SetDevice(request.HttpContext, known.Device);
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

    private static Page<VerifyPage> VerifyAgain(
        string name,
        int status,
        ValidationException? invalid = null,
        string? passwordProblem = null
    ) =>
        new(
            new()
            {
                [nameof(VerifyPage.Name)] = name,
                [nameof(VerifyPage.NameProblem)] = Problem(invalid, nameof(ConfirmEmail.Name)),
                [nameof(VerifyPage.PasswordProblem)] =
                    passwordProblem ?? Problem(invalid, nameof(ConfirmEmail.Password)),
            },
            status
        );

    private static string? Problem(ValidationException? invalid, string field) =>
        invalid?.Errors.FirstOrDefault(error => error.PropertyName == field)?.ErrorMessage;

    private static IResult LinkOver() =>
        Messages.Of(AccountTexts.LinkOverTitle, AccountTexts.LinkOver, StatusCodes.Status404NotFound);
}
