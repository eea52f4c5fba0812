using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Specs.Pages;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Infrastructure.Identity;
using SchemaHub.Testing;

namespace SchemaHub.Api.Specs.Identity;

/// <summary>The whole service over HTTP, with a mailbox for everybody and a clock that can be put forward.</summary>
internal sealed class SignInHost : IAsyncDisposable
{
    public const string Password = "correct horse battery";

    private readonly List<ReceivedMail> _mails = [];
    private readonly string _mailbox;

    private SignInHost(TestApi api)
    {
        Api = api;
        Clock = api.App.Services.GetRequiredService<ShiftedClock>();
        _mailbox = Path.Combine(api.Installation.Keys.Directory, "mail");
    }

    public TestApi Api { get; }

    public ShiftedClock Clock { get; }

    /// <param name="options">Changes the settings of the service.</param>
    public static async Task<SignInHost> Start(
        GoogleOptions? google = null,
        int formsPerMinute = 1_000_000,
        Func<ApiOptions, ApiOptions>? options = null
    ) =>
        new(
            await TestApi.StartAlone(
                customize: builder =>
                {
                    builder.Services.AddSingleton<ShiftedClock>();
                    builder.Services.AddSingleton<TimeProvider>(services =>
                        services.GetRequiredService<ShiftedClock>()
                    );
                },
                options: (options ?? (same => same))(
                    new ApiOptions { Google = google ?? new GoogleOptions(), FormsPerMinute = formsPerMinute }
                )
            )
        );

    /// <summary>A browser of its own.</summary>
    public Browser NewBrowser() => new(Api.Address);

    /// <summary>Somebody with an account of a verified address.</summary>
    public async Task<string> NewPerson()
    {
        var email = $"p{Guid.CreateVersion7():n}@example.org";
        using var browser = NewBrowser();
        (await browser.Post("sign-up", new { email })).Status.ShouldBe(HttpStatusCode.Accepted);
        await Verify(browser, TokenOf(await MailTo(email)));
        return email;
    }

    /// <summary>Opens an account by the token of its link.</summary>
    public static async Task Verify(Browser browser, string token, string password = Password, string name = "Ann")
    {
        var answer = await browser.Post(
            "email-verifications/confirm",
            new
            {
                token,
                password,
                name,
            }
        );
        answer.Status.ShouldBe(HttpStatusCode.NoContent, answer.Body);
    }

    /// <summary>A browser in which somebody is signed in.</summary>
    public async Task<Browser> SignIn(string email, string password = Password)
    {
        var browser = NewBrowser();
        var answer = await browser.SignIn(email, password);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return browser;
    }

    /// <summary>The next mail to an address, once it is there.</summary>
    public async Task<ReceivedMail> MailTo(string email)
    {
        var begun = Stopwatch.GetTimestamp();
        while (true)
        {
            if (Directory.Exists(_mailbox))
                _mails.AddRange(ReceivedMail.Take(_mailbox));

            if (_mails.Find(mail => mail.To == email) is { } found)
            {
                _mails.Remove(found);
                return found;
            }

            Stopwatch.GetElapsedTime(begun).ShouldBeLessThan(TimeSpan.FromSeconds(60), $"no mail came to {email}");
            await Task.Delay(20);
        }
    }

    /// <summary>What a mail's link carries.</summary>
    public static string TokenOf(ReceivedMail mail) => mail.Link.Segments[^1];

    /// <summary>One value, as the administrator of the database.</summary>
    public async Task<T> Scalar<T>(string sql)
    {
        await using var command = Api.Installation.Administrator.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public ValueTask DisposeAsync() => Api.DisposeAsync();
}

/// <summary>A browser: it keeps cookies, and sends what its page was told to repeat.</summary>
internal sealed class Browser : IDisposable
{
    private readonly HttpClient _http;

    public Browser(Uri address)
    {
        _http = new HttpClient(new SocketsHttpHandler { CookieContainer = Cookies, AllowAutoRedirect = false })
        {
            BaseAddress = new Uri(address, "/api/v1/"),
        };
        _http.DefaultRequestHeaders.Add("User-Agent", "Specs/1.0");
    }

    public CookieContainer Cookies { get; } = new();

    /// <summary>Sent with what changes something.</summary>
    public string? Csrf { get; set; }

    /// <summary>Sent instead of the cookie.</summary>
    public string? Bearer { get; set; }

    public Uri Address => _http.BaseAddress!;

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path);

    public Task<Answer> Post(string path, object? body = null) => Send(HttpMethod.Post, path, body);

    public Task<Answer> Put(string path, object body) => Send(HttpMethod.Put, path, body);

    public Task<Answer> Delete(string path, object? body = null) => Send(HttpMethod.Delete, path, body);

    public async Task<Answer> SignIn(string email, string password = SignInHost.Password)
    {
        var answer = await Post("sign-in", new { email, password });
        if (answer.Status == HttpStatusCode.OK)
            Csrf = answer.Json.GetProperty("csrfToken").GetString();

        return answer;
    }

    public async Task<HttpResponseMessage> Follow(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await _http.SendAsync(request);
    }

    public void Dispose() => _http.Dispose();

    private Task<Answer> Send(HttpMethod method, string path, object? body = null)
    {
        var headers = new List<(string, string)>();
        if (Csrf is not null)
            headers.Add(("X-CSRF-Token", Csrf));

        if (Bearer is not null)
            headers.Add(("Authorization", $"Bearer {Bearer}"));

        var json = body is null ? null : System.Text.Json.JsonSerializer.Serialize(body);
        return _http.Ask(method, path, json, [.. headers]);
    }
}
