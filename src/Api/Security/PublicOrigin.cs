namespace SchemaHub.Api.Security;

/// <summary>
/// Where people reach the service. Its scheme decides on cookies and HSTS: a header of a request could be set by the
/// caller.
/// </summary>
internal sealed class PublicOrigin(Uri url)
{
    /// <summary>Whether people reach the service by https, whatever comes between them and this process.</summary>
    public bool IsHttps { get; } = url.Scheme == Uri.UriSchemeHttps;

    /// <summary>The one that the service of a request is configured with.</summary>
    public static PublicOrigin Of(HttpContext http) => http.RequestServices.GetRequiredService<PublicOrigin>();
}
