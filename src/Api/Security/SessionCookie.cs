namespace SchemaHub.Api.Security;

/// <summary>The cookie by which a browser is signed in.</summary>
internal static class SessionCookie
{
    /// <summary>
    /// Its name where people reach the service by https: no other host can set it, nor a page without TLS.
    /// </summary>
    public const string SecureName = "__Host-schemahub";

    /// <summary>Its name without TLS, as on a developer's machine.</summary>
    public const string PlainName = "schemahub";

    /// <summary>
    /// What it holds, or null. By https the plain one does not count: a sibling host could have set it.
    /// </summary>
    public static string? Read(HttpRequest request) =>
        request.Cookies[PublicOrigin.Of(request.HttpContext).IsHttps ? SecureName : PlainName] is { Length: > 0 } token
            ? token
            : null;
}
