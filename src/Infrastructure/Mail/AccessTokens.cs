using Microsoft.Extensions.Logging;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// The mail server's access token, in memory only: fetched once for all connections, and anew shortly before its end or
/// when the server refuses it. A failure is remembered, so that waiting connections do not all ask the endpoint.
/// </summary>
/// <param name="longestWait">Of a connection, for a token; 8 seconds unless named.</param>
internal sealed partial class AccessTokens(
    TokenEndpoint endpoint,
    TimeProvider clock,
    ILogger logger,
    TimeSpan? longestWait = null
)
{
    // A server that refuses each token must not make us fetch one for each connection.
    private static readonly TimeSpan BetweenReplacements = TimeSpan.FromMinutes(1);

    private readonly TimeSpan _longestWait = longestWait ?? TimeSpan.FromSeconds(8);
    private readonly Lock _gate = new();
    private AccessToken? _current;
    private Task<TokenAnswer>? _fetching;
    private TokenAnswer.Failed? _failure;
    private DateTimeOffset _askAgainAt;
    private DateTimeOffset _replacedAt = DateTimeOffset.MinValue;

    /// <summary>A token that has not ended.</summary>
    /// <exception cref="MailNotSentException">There is none; for good only where the settings are at fault.</exception>
    public async Task<AccessToken> Get(CancellationToken cancellation)
    {
        Task<TokenAnswer> fetching;
        AccessToken? old;
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            if (_current is { } fresh && now < fresh.RenewAt)
                return fresh;

            old = _current is { } ending && now < ending.EndsAt ? ending : null;
            if (_fetching is null && _failure is { } failure && now < _askAgainAt)
                return old ?? throw NotSent(failure);

            fetching = _fetching ??= Task.Run(Fetch, CancellationToken.None);
        }

        try
        {
            return await fetching.WaitAsync(_longestWait, clock, cancellation) switch
            {
                TokenAnswer.Granted granted => granted.Token,
                TokenAnswer.Failed failed => old ?? throw NotSent(failed),
                var other => throw new InvalidOperationException($"{other.GetType().Name} is no answer."),
            };
        }
        catch (TimeoutException late)
        {
            return old
                ?? throw new MailNotSentException("The token endpoint did not answer in time.", isForGood: false, late);
        }
    }

    /// <summary>
    /// Throws a token away that the mail server refused, and gives another one; null where that one replaced a refused
    /// token a moment ago: then the fault is not the token's.
    /// </summary>
    /// <exception cref="MailNotSentException">There is no other one.</exception>
    public async Task<AccessToken?> Replace(AccessToken refused, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_current == refused)
            {
                var now = clock.GetUtcNow();
                if (now - _replacedAt < BetweenReplacements)
                    return null;

                (_current, _replacedAt) = (null, now);
                LogRefusedByServer();
            }
        }

        return await Get(cancellation);
    }

    private async Task<TokenAnswer> Fetch()
    {
        TokenAnswer answer;
        try
        {
            // Many connections wait for it: none of them ends it. The endpoint's own limits do.
            answer = await endpoint.Fetch(CancellationToken.None);
        }
        catch
        {
            lock (_gate)
                _fetching = null;

            throw;
        }

        lock (_gate)
        {
            _fetching = null;
            switch (answer)
            {
                case TokenAnswer.Granted granted:
                    (_current, _failure) = (granted.Token, null);
                    break;
                case TokenAnswer.Failed failed:
                    (_failure, _askAgainAt) = (failed, clock.GetUtcNow() + failed.AskAgainAfter);
                    break;
                default:
                    break;
            }
        }

        Log(answer);
        return answer;
    }

    private static MailNotSentException NotSent(TokenAnswer.Failed failed) => new(failed.Reason, failed.IsFinal);

    private void Log(TokenAnswer answer)
    {
        switch (answer)
        {
            case TokenAnswer.Granted { Token: var token }:
                LogFetched(token.EndsAt);
                break;
            case TokenAnswer.Failed { IsFinal: true } refused:
                LogRefused(refused.Reason, refused.Description);
                break;
            case TokenAnswer.Failed failed:
                LogFailed(failed.Reason, failed.Description, failed.AskAgainAfter);
                break;
            default:
                break;
        }
    }

    [LoggerMessage(LogLevel.Debug, "A token for the mail server was fetched; it ends at {End:O}.")]
    private partial void LogFetched(DateTimeOffset end);

    [LoggerMessage(LogLevel.Warning, "The mail server refuses the access token; another one is fetched.")]
    private partial void LogRefusedByServer();

    [LoggerMessage(LogLevel.Error, "There is no token for the mail server, and mail waits: {Reason} {Description}")]
    private partial void LogRefused(string reason, string description);

    [LoggerMessage(
        LogLevel.Warning,
        "There is no new token for the mail server: {Reason} {Description} The next request is in {Pause}."
    )]
    private partial void LogFailed(string reason, string description, TimeSpan pause);
}
