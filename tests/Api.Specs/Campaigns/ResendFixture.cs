using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Api.Campaigns;
using SchemaHub.Api.Specs.Support;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Api.Specs.Campaigns;

/// <summary>A service that Resend may tell something, and what Resend would send it.</summary>
public abstract class ResendFixture : TenantSpec
{
    private protected const string Key = "c2NoZW1haHViIHdlYmhvb2sgc2VjcmV0IG9uZQ==";
    private protected const string OldKey = "c2NoZW1haHViIHdlYmhvb2sgc2VjcmV0IHR3bw==";

    private TestApi? _api;

    private TestApi Api => _api ?? throw new InvalidOperationException("The service has not started.");

    [OneTimeSetUp]
    public async Task Listen() =>
        _api = await TestApi.StartBeside(
            new ApiOptions { Webhooks = new WebhookOptions { ResendSecret = $"whsec_{Key} whsec_{OldKey}" } }
        );

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_api is not null)
            await _api.DisposeAsync();
    }

    private protected string Token(int mail) =>
        Api.App.Services.GetRequiredService<IMailTokens>().Of(TokenUse.Reference, mail);

    private protected string Event(string type, int mail, string rest = "") =>
        $$$"""
            {"type":"{{{type}}}","created_at":"2026-02-22T23:41:12.126Z","data":{
            "email_id":"56761188-7520-42d8-8898-ff6fc54ce618","from":"Us <us@example.com>","to":["ann@example.com"],
            "subject":"Hi","tags":{"mail":"{{{Token(mail)}}}"}{{{rest}}}}}
            """;

    private protected static string Bounce(string type, string diagnostic) =>
        $$"""
            ,"bounce":{"message":"It bounced.","subType":"General","type":"{{type}}",
            "diagnosticCode":["{{diagnostic}}"]}
            """;

    private protected Task<Answer> Tell(string body, string id = "msg_2Lh9KRb0pzN4LePd3XiA4v9Axj")
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return Post(body, id, now.ToString(CultureInfo.InvariantCulture), Sign(Key, id, now, body));
    }

    private protected async Task<Answer> Post(string body, string id, string timestamp, string signature)
    {
        using var http = Api.NewClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/webhooks/resend")
        {
            Content = new StringContent(body, Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation("svix-id", id);
        request.Headers.TryAddWithoutValidation("svix-timestamp", timestamp);
        request.Headers.TryAddWithoutValidation("svix-signature", signature);
        using var response = await http.SendAsync(request);
        return await Answer.Of(response);
    }

    private protected static string Sign(string key, string id, long timestamp, string body)
    {
        var signed = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{timestamp}.{body}"));
        return $"v1,{Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(key), signed))}";
    }
}
