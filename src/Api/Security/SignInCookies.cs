using SchemaHub.Application.Identity;

namespace SchemaHub.Api.Security;

/// <summary>Sets and clears the cookies of signing in: no script reads them, no other site sends them.</summary>
internal static class SignInCookies
{
    private const string SecureDevice = "__Host-schemahub-device";
    private const string PlainDevice = "schemahub-device";

    // Accounts that share a browser.
    private const int MostDevices = 8;

    // Browsers keep none longer (RFC 6265bis section 5.5).
    private static readonly TimeSpan DeviceLifetime = TimeSpan.FromDays(400);

    /// <summary>Lets the browser show the session from now on, and be known when it signs in again.</summary>
    public static void Set(HttpContext http, SignedIn signedIn)
    {
        var isSecure = PublicOrigin.Of(http).IsHttps;
        http.Response.Cookies.Append(
            isSecure ? SessionCookie.SecureName : SessionCookie.PlainName,
            signedIn.Token,
            Options(isSecure, signedIn.ExpiresAt)
        );
        SetDevice(http, signedIn.Device);
    }

    /// <summary>Lets the browser be known, beside the accounts for which it is known already.</summary>
    /// <param name="device">A token of the device and an account.</param>
    public static void SetDevice(HttpContext http, string device)
    {
        var isSecure = PublicOrigin.Of(http).IsHttps;
        var clock = http.RequestServices.GetRequiredService<TimeProvider>();
        var known = (DeviceOf(http.Request) ?? "").Split(
            IDeviceTokens.Separator,
            StringSplitOptions.RemoveEmptyEntries
        );
        http.Response.Cookies.Append(
            isSecure ? SecureDevice : PlainDevice,
            string.Join(
                IDeviceTokens.Separator,
                known
                    .Where(one => one.Length == device.Length)
                    .Prepend(device)
                    .Distinct(StringComparer.Ordinal)
                    .Take(MostDevices)
            ),
            Options(isSecure, clock.GetUtcNow() + DeviceLifetime)
        );
    }

    /// <summary>Takes the session's cookie away; the browser stays known.</summary>
    public static void Clear(HttpContext http)
    {
        var isSecure = PublicOrigin.Of(http).IsHttps;
        http.Response.Cookies.Delete(
            isSecure ? SessionCookie.SecureName : SessionCookie.PlainName,
            Options(isSecure, expires: null)
        );
    }

    /// <summary>What the browser holds of an earlier sign-in.</summary>
    public static string? DeviceOf(HttpRequest request) =>
        request.Cookies[PublicOrigin.Of(request.HttpContext).IsHttps ? SecureDevice : PlainDevice];

    /// <summary>How every cookie here is set.</summary>
    public static CookieOptions Options(bool isSecure, DateTimeOffset? expires) =>
        new()
        {
            HttpOnly = true,
            Secure = isSecure,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            Expires = expires,
            IsEssential = true,
        };
}
