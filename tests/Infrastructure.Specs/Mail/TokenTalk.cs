using Microsoft.Extensions.Time.Testing;
using SchemaHub.Application.Contacts;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Specs.Mail;

/// <summary>Tokens for the mail server, from an endpoint on this machine.</summary>
public abstract class TokenTalk
{
    private protected FakeTimeProvider Clock { get; private set; } = null!;
    private protected TokenServer Server { get; private set; } = null!;
    private protected LogLines Log { get; private set; } = null!;

    [SetUp]
    public async Task Start()
    {
        Clock = new FakeTimeProvider(Mails.Noon);
        Server = await TokenServer.Start(Clock);
        Log = new LogLines();
    }

    /// <summary>Whatever happened: no secret is in the log.</summary>
    [TearDown]
    public async Task End()
    {
        string[] secrets = [TokenServer.ClientSecret, TokenServer.FirstRefreshToken, .. Server.Given];
        foreach (var secret in secrets)
        {
            Log.Text.ShouldNotContain(secret);
            Log.Text.ShouldNotContain(Uri.EscapeDataString(secret));
        }

        await Server.DisposeAsync();
    }

    private protected AccessTokens Tokens(
        MailOAuthOptions? options = null,
        TimeProvider? clock = null,
        TimeSpan? longestTry = null,
        TimeSpan? longestWait = null
    )
    {
        clock ??= Clock;
        var endpoint = new TokenEndpoint(
            options ?? Server.Options(),
            TokenEndpoint.NewHttp(),
            clock,
            firstPause: TimeSpan.Zero,
            longestTry
        );
        return new AccessTokens(endpoint, clock, Log, longestWait);
    }

    private protected static async Task<string> Get(AccessTokens tokens) =>
        (await tokens.Get(CancellationToken.None)).Value;

    private protected static Task<MailNotSentException> Fails(AccessTokens tokens) =>
        Should.ThrowAsync<MailNotSentException>(() => tokens.Get(CancellationToken.None));
}
