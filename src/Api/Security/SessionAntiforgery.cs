using Microsoft.AspNetCore.Antiforgery;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Api.Security;

/// <summary>
/// Antiforgery tokens for pages of signed-in people: the token of the session, in the same header that the API wants.
/// <see cref="CallerAuthentication"/> has checked it before any endpoint is asked.
/// </summary>
internal sealed class SessionAntiforgery(CsrfTokens csrf) : IAntiforgery
{
    /// <inheritdoc/>
    public AntiforgeryTokenSet GetAndStoreTokens(HttpContext httpContext) => GetTokens(httpContext);

    /// <inheritdoc/>
    public AntiforgeryTokenSet GetTokens(HttpContext httpContext) =>
        new(
            SessionOf(httpContext) is { } session ? csrf.Of(session) : null,
            cookieToken: null,
            formFieldName: CsrfTokens.Header,
            headerName: CsrfTokens.Header
        );

    /// <inheritdoc/>
    public Task<bool> IsRequestValidAsync(HttpContext httpContext) =>
        Task.FromResult(
            CallerAuthentication.ChangesNothing(httpContext.Request)
                || (
                    SessionOf(httpContext) is { } session
                    && csrf.Is(session, httpContext.Request.Headers[CsrfTokens.Header])
                )
        );

    /// <inheritdoc/>
    public async Task ValidateRequestAsync(HttpContext httpContext)
    {
        if (!await IsRequestValidAsync(httpContext))
            throw new AntiforgeryValidationException($"The header {CsrfTokens.Header} is not the session's.");
    }

    /// <summary>The token is not in a cookie.</summary>
    public void SetCookieTokenAndHeader(HttpContext httpContext)
    {
        // Nothing is kept in a cookie of its own.
    }

    private static Guid? SessionOf(HttpContext http) => http.Features.Get<KnownCaller>()?.Session;
}
