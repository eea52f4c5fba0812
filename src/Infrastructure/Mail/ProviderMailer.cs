using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// Single mails, over the provider that campaigns go over. What may pass (a busy server, a broken connection) is tried
/// again for a while, under the same Message-ID; what the provider refuses for good is not.
/// </summary>
internal sealed partial class ProviderMailer : IMailer
{
    private static readonly TimeSpan AllTries = TimeSpan.FromSeconds(25);

    private readonly IMailProvider _provider;
    private readonly string _from;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _patience;

    /// <param name="from">The sender of mails that name none.</param>
    /// <param name="firstPause">Before the second try; doubled, and jittered, before each further one.</param>
    public ProviderMailer(IMailProvider provider, string from, ILogger logger, TimeSpan? firstPause = null)
    {
        _provider = provider;
        _from = from;
        _logger = logger;
        _patience = new ResiliencePipelineBuilder()
            .AddTimeout(AllTries)
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder().Handle<MailNotSentException>(failed => !failed.IsForGood),
                    MaxRetryAttempts = 3,
                    Delay = firstPause ?? TimeSpan.FromSeconds(1),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    OnRetry = retry =>
                    {
                        LogRetry(retry.Outcome.Exception, retry.AttemptNumber + 1);
                        return ValueTask.CompletedTask;
                    },
                }
            )
            .Build();
    }

    public async Task Send(Application.Contacts.Mail mail, CancellationToken cancellation)
    {
        var prepared = _provider.Prepare(Outgoing(mail));
        try
        {
            await _patience.ExecuteAsync(async (one, attempt) => await SendOnce(one, attempt), prepared, cancellation);
        }
        catch (TimeoutRejectedException late)
        {
            throw new MailNotSentException("The mail provider did not answer in time.", isForGood: false, late);
        }
    }

    private async Task SendOnce(PreparedMail prepared, CancellationToken cancellation)
    {
        await using var connection = await _provider.Connect(cancellation);
        var outcome = await connection.Send(prepared, cancellation);
        cancellation.ThrowIfCancellationRequested();
        switch (outcome)
        {
            case HandOver.Taken:
                return;
            case HandOver.Refused refused:
                throw new MailNotSentException($"The mail was refused: {refused.Reason}", isForGood: true);
            case HandOver.NotNow later:
                throw new MailNotSentException($"The mail was not taken: {later.Reason}", isForGood: false);
            case HandOver.Unknown doubt:
                // A second mail holds the same link and the same Message-ID; no mail at all would be worse.
                throw new MailNotSentException($"The mail may be lost: {doubt.Reason}", isForGood: false);
        }
    }

    private OutgoingMail Outgoing(Application.Contacts.Mail mail)
    {
        var (name, address) = Mailbox.Split(mail.From ?? _from);
        MimeHeaders.RequireNoControls(address);
        var host = Mailbox.Of(address).Host;
        return new OutgoingMail(
            name,
            address,
            ReplyTo: null,
            mail.To,
            ToName: null,
            mail.Subject,
            mail.Text,
            mail.Html,
            $"{Guid.CreateVersion7():n}@{host}",
            ReturnPath: address,
            Reference: "",
            [.. mail.Headers ?? new Dictionary<string, string>()],
            Dkim: null
        );
    }

    [LoggerMessage(LogLevel.Warning, "Mail was not taken, try {Number}; it is tried again.")]
    private partial void LogRetry(Exception? why, int number);
}
