using System.Security.Authentication;
using Polly;
using Polly.Retry;
using Polly.Timeout;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// A token endpoint (RFC 6749 section 3.2). Failures that may pass are tried again twice. A refusal is not: a provider
/// may lock a client that keeps asking.
/// </summary>
internal sealed class TokenEndpoint
{
    private static readonly TimeSpan OneTry = TimeSpan.FromSeconds(5);

    private readonly MailOAuthOptions _options;
    private readonly HttpClient _http;
    private readonly TokenAnswerReader _reader;
    private readonly ResiliencePipeline<TokenAnswer> _patience;

    // The newest one: a provider may replace it with each answer.
    private string? _refreshToken;

    /// <param name="firstPause">Before the second try; doubled, and jittered, before the third.</param>
    /// <param name="longestTry">5 seconds unless named.</param>
    public TokenEndpoint(
        MailOAuthOptions options,
        HttpClient http,
        TimeProvider clock,
        TimeSpan? firstPause = null,
        TimeSpan? longestTry = null
    )
    {
        _options = options;
        _http = http;
        _reader = new TokenAnswerReader(clock);
        _refreshToken = options.RefreshToken;
        _patience = new ResiliencePipelineBuilder<TokenAnswer> { TimeProvider = clock }
            .AddRetry(
                new RetryStrategyOptions<TokenAnswer>
                {
                    ShouldHandle = new PredicateBuilder<TokenAnswer>()
                        .HandleResult(answer => answer is TokenAnswer.Failed { MayPassAtOnce: true })
                        .Handle<TimeoutRejectedException>(),
                    MaxRetryAttempts = 2,
                    Delay = firstPause ?? TimeSpan.FromMilliseconds(250),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                }
            )
            .AddTimeout(longestTry ?? OneTry)
            .Build();
    }

    /// <summary>A client that sends the secret to nobody else than it was told to.</summary>
    public static HttpClient NewHttp() =>
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };

    /// <summary>Fetches a token. One call at a time.</summary>
    public async Task<TokenAnswer> Fetch(CancellationToken cancellation)
    {
        var answer = await Ask(cancellation);
        var isReplaced = _refreshToken != _options.RefreshToken;
        if (!isReplaced || answer is not TokenAnswer.Failed { IsInvalidGrant: true })
            return answer;

        // Somebody consented anew, or the provider keeps to the first one.
        _refreshToken = _options.RefreshToken;
        return await Ask(cancellation);
    }

    private async Task<TokenAnswer> Ask(CancellationToken cancellation)
    {
        try
        {
            return await _patience.ExecuteAsync(async attempt => await AskOnce(attempt), cancellation);
        }
        catch (TimeoutRejectedException)
        {
            return TokenAnswerReader.Unavailable("The token endpoint did not answer in time.");
        }
    }

    private async Task<TokenAnswer> AskOnce(CancellationToken cancellation)
    {
        try
        {
            using var form = new FormUrlEncodedContent(Form());
            using var request = new HttpRequestMessage(HttpMethod.Post, _options.TokenUrl) { Content = form };
            request.Headers.Accept.ParseAdd("application/json");
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            var json = await HttpAnswers.ReadJson(answer, cancellation);
            var read = _reader.Read(answer, json, [_options.ClientSecret, _options.RefreshToken, _refreshToken]);
            if (read is TokenAnswer.Granted && _options.HasRefreshToken)
                _refreshToken = TokenAnswerReader.RefreshToken(json) ?? _refreshToken;

            return read;
        }
        catch (HttpRequestException untrusted) when (untrusted.InnerException is AuthenticationException)
        {
            return TokenAnswerReader.Refused("The token endpoint's certificate is not trusted.");
        }
        catch (Exception failed) when (failed is HttpRequestException or IOException)
        {
            return TokenAnswerReader.Unavailable("The token endpoint cannot be reached, or broke the connection.");
        }
    }

    private Dictionary<string, string> Form()
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = _options.HasRefreshToken ? "refresh_token" : "client_credentials",
            ["client_id"] = _options.ClientId!,
        };
        Add("client_secret", _options.ClientSecret);
        Add("scope", _options.Scope);
        Add("refresh_token", _refreshToken);
        return form;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
                form[name] = value;
        }
    }
}
