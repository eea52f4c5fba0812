namespace SchemaHub.Api.Security;

/// <summary>The cookie by which a browser is signed in.</summary>
internal static class SessionCookie
{
    /// <summary>
    /// Its name where the service is reached by https: no other host can set it, nor a page without TLS.
    /// </summary>
    public const string SecureName = "__Host-schemahub";

    /// <summary>Its name on this machine, without TLS.</summary>
    public const string PlainName = "schemahub";

    /// <summary>
    /// What it holds, or null. By https the plain one does not count: whoever has a sibling host could have set it.
    /// </summary>
    public static string? Read(HttpRequest request) =>
        request.Cookies[request.IsHttps ? SecureName : PlainName] is { Length: > 0 } token ? token : null;
}
