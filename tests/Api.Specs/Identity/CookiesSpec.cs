using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Configuration;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>Cookies and HSTS follow the public address of the service, and no header of a request.</summary>
[TestFixture]
public sealed class CookiesSpec
{
    private static readonly string[] Schemes = ["http", "https", "https, http", "nonsense"];

    [Test]
    public async Task By_https_every_cookie_is_secure_and_bound_to_the_host_whatever_a_header_says()
    {
        await using var google = await GoogleServer.Start();
        await using var host = await SignInHost.Start(
            google.Options,
            options: options =>
                options with
                {
                    PublicUrl = new Uri("https://hub.example"),
                    TrustedProxies = ["127.0.0.1"],
                }
        );
        var ann = await host.NewPerson();
        foreach (var scheme in Schemes)
        {
            var signedIn = await Ask(host, HttpMethod.Post, "sign-in", scheme, ann);
            var cookies = signedIn.Headers.GetValues("Set-Cookie").ToList();
            cookies.Count.ShouldBe(2);
            cookies.ShouldAllBe(cookie => IsHostCookie(cookie), scheme);
            (await Ask(host, HttpMethod.Get, "auth/google", scheme))
                .Headers.GetValues("Set-Cookie")
                .ShouldAllBe(cookie => IsHostCookie(cookie), scheme);
            signedIn.Headers.GetValues("Strict-Transport-Security").ShouldBe(["max-age=31536000"]);

            var session = cookies.Single(cookie => cookie.Contains("=ss_", StringComparison.Ordinal)).Split(';')[0];
            (await Ask(host, HttpMethod.Get, "me", scheme, cookie: session)).StatusCode.ShouldBe(HttpStatusCode.OK);
            // A sibling host, or a page without TLS, could have set it under the plain name.
            var plain = session.Replace("__Host-", "", StringComparison.Ordinal);
            (await Ask(host, HttpMethod.Get, "me", scheme, cookie: plain)).StatusCode.ShouldBe(
                HttpStatusCode.Unauthorized
            );
        }
    }

    [Test]
    public async Task Without_TLS_on_a_developers_machine_cookies_work_and_no_header_makes_them_secure()
    {
        await using var host = await SignInHost.Start(options: options =>
            options with
            {
                TrustedProxies = ["127.0.0.1"],
            }
        );
        var ann = await host.NewPerson();
        foreach (var scheme in Schemes)
        {
            var signedIn = await Ask(host, HttpMethod.Post, "sign-in", scheme, ann);
            var cookies = signedIn.Headers.GetValues("Set-Cookie").ToList();
            cookies.ShouldAllBe(cookie =>
                cookie.StartsWith("schemahub", StringComparison.Ordinal)
                && !cookie.Contains("secure", StringComparison.OrdinalIgnoreCase)
            );
            signedIn.Headers.Contains("Strict-Transport-Security").ShouldBeFalse();
        }

        using var browser = await host.SignIn(ann);
        (await browser.Get("me")).Status.ShouldBe(HttpStatusCode.OK);
    }

    [TestCase("ftp://hub.example")]
    [TestCase("hub.example")]
    [TestCase("/hub")]
    public void A_public_address_without_http_is_refused_at_the_start(string url) =>
        Should
            .Throw<Exception>(() =>
                ApiOptions.Load(
                    new ConfigurationBuilder()
                        .AddInMemoryCollection([new KeyValuePair<string, string?>("SchemaHub:PublicUrl", url)])
                        .Build()
                )
            )
            .ToString()
            .ShouldContain("PublicUrl");

    private static bool IsHostCookie(string cookie) =>
        cookie.StartsWith("__Host-schemahub", StringComparison.Ordinal)
        && cookie.Contains("; secure", StringComparison.OrdinalIgnoreCase)
        && cookie.Contains("; httponly", StringComparison.OrdinalIgnoreCase)
        && cookie.Contains("path=/", StringComparison.OrdinalIgnoreCase)
        && !cookie.Contains("domain=", StringComparison.OrdinalIgnoreCase);

    private static async Task<HttpResponseMessage> Ask(
        SignInHost host,
        HttpMethod method,
        string path,
        string scheme,
        string? email = null,
        string? cookie = null
    )
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(method, new Uri(host.Api.Address, $"/api/v1/{path}"));
        request.Headers.Add("X-Forwarded-Proto", scheme);
        request.Headers.Add("X-Forwarded-For", "203.0.113.7");
        request.Headers.Add("Forwarded", $"proto={scheme.Split(',')[0]}");
        if (cookie is not null)
            request.Headers.Add("Cookie", cookie);

        if (email is not null)
            request.Content = JsonContent.Create(new { email, password = SignInHost.Password });

        return await http.SendAsync(request);
    }
}
