using SchemaHub.Application;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Identity;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Api.Pages;

/// <summary>
/// Around every public page: headers that keep the token in the address to its holder, and an honest answer
/// where the database or the mail server does not.
/// </summary>
internal sealed partial class PageFilter(ILogger<PageFilter> logger) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        SetHeaders(http.Response.Headers);
        CleanToken(context);
        try
        {
            return await next(context);
        }
        catch (Exception outage) when (IsTemporary(outage))
        {
            LogOutage(outage);
            // Never a success that is none: whoever withdrew and reads this comes back.
            http.Response.Headers.RetryAfter = "60";
            return Messages.Of(
                PageTexts.OutageTitle,
                outage is MailNotSentException ? PageTexts.MailOutage : PageTexts.Outage,
                StatusCodes.Status503ServiceUnavailable
            );
        }
    }

    private static void CleanToken(EndpointFilterInvocationContext context)
    {
        if (context.HttpContext.GetRouteValue("token") is not string token)
            return;

        for (var i = 0; i < context.Arguments.Count; i++)
        {
            if (ReferenceEquals(context.Arguments[i], token) || context.Arguments[i] is string same && same == token)
                context.Arguments[i] = MailedToken.Clean(token);
        }
    }

    private static void SetHeaders(IHeaderDictionary headers)
    {
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = PageStyle.ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Robots-Tag"] = "noindex";
    }

    private static bool IsTemporary(Exception failed) =>
        failed is MailNotSentException or PasswordsBusyException || DatabaseOutage.Is(failed);

    [LoggerMessage(LogLevel.Error, "A public page could not do what it was asked for.")]
    private partial void LogOutage(Exception why);
}
