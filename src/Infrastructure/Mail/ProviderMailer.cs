using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// Single mails, over the provider that campaigns go over. What may pass (a busy server, a broken connection) is tried
/// again for a while, under the same Message-ID; what the provider refuses for good is not. A mail that may have been
/// taken is handed over three times at most, and its caller is told that it may have arrived.
/// </summary>
internal sealed partial class ProviderMailer : IMailer
{
    private const int MostDoubts = 3;

    private static readonly TimeSpan AllTries = TimeSpan.FromSeconds(25);

    private readonly IMailProvider _provider;
    private readonly MailSender _own;
    private readonly string? _bounceDomain;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _patience;

    /// <param name="own">The service itself.</param>
    /// <param name="bounceDomain">Whose mail exchanger takes bounces; the sender's where none is named.</param>
    /// <param name="firstPause">Before the second try; doubled, and jittered, before each further one.</param>
    /// <param name="allTries">For all tries together; 25 seconds unless named.</param>
    public ProviderMailer(
        IMailProvider provider,
        MailSender own,
        string? bounceDomain,
        ILogger logger,
        TimeSpan? firstPause = null,
        TimeSpan? allTries = null
    )
    {
        _provider = provider;
        _own = own;
        _bounceDomain = bounceDomain;
        _logger = logger;
        _patience = new ResiliencePipelineBuilder()
            .AddTimeout(allTries ?? AllTries)
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder().Handle<MailNotSentException>(failed =>
                        !failed.IsForGood && !failed.IsInDoubt
                    ),
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
        var single = new SingleMail(_provider.Prepare(Outgoing(mail)));
        try
        {
            await _patience.ExecuteAsync(async (one, attempt) => await SendOnce(one, attempt), single, cancellation);
        }
        catch (TimeoutRejectedException late)
        {
            throw NotSent("The mail provider did not answer in time.", single, late);
        }
        // It is us that the provider does not want, not the mail, which is not lost once somebody mends the settings.
        catch (MailNotSentException refused) when (refused.IsForGood && !single.IsOffered)
        {
            throw NotSent(refused.Message, single, refused);
        }
        catch (MailNotSentException failed) when (single.Doubts > 0 && !failed.IsInDoubt)
        {
            throw NotSent(failed.Message, single, failed);
        }
    }

    private static MailNotSentException NotSent(string why, SingleMail mail, Exception? inner = null) =>
        new(why, isForGood: false, inner) { IsInDoubt = mail.Doubts > 0 };

    private async Task SendOnce(SingleMail mail, CancellationToken cancellation)
    {
        mail.IsOffered = false;
        await using var connection = await _provider.Connect(cancellation);
        mail.IsOffered = true;
        var outcome = await connection.Send(mail.Prepared, cancellation);
        if (outcome.IsInDoubt)
            mail.Doubts++;

        cancellation.ThrowIfCancellationRequested();
        switch (outcome)
        {
            case HandOver.Taken:
                return;
            case HandOver.Refused refused:
                throw new MailNotSentException($"The mail was refused: {refused.Reason}", isForGood: true);
            case HandOver.NotOffered not:
                throw new MailNotSentException($"The mail was not offered: {not.Reason}", isForGood: false);
            case HandOver.NotNow { MayBeTaken: false } later:
                throw new MailNotSentException($"The mail was not taken: {later.Reason}", isForGood: false);
            // A second mail holds the same link and the same Message-ID; no mail at all would be worse.
            case HandOver.Unknown or HandOver.NotNow when mail.Doubts < MostDoubts:
                throw new MailNotSentException("The mail may be lost: no answer came.", isForGood: false);
            case HandOver.Unknown or HandOver.NotNow:
                throw NotSent("The mail may have been taken: no answer came to three tries.", mail);
        }
    }

    private OutgoingMail Outgoing(Application.Contacts.Mail mail)
    {
        var sender = mail.From ?? _own;
        MimeHeaders.RequireNoControls(sender.Address);
        var host = Mailbox.Of(sender.Address).Host.ToString();
        return new OutgoingMail(
            sender.Name,
            sender.Address,
            sender.ReplyTo,
            mail.To,
            ToName: null,
            mail.Subject,
            mail.Text,
            mail.Html,
            $"{Guid.CreateVersion7():n}@{host}",
            ReturnPath: ReturnPath(mail.From),
            Reference: "",
            [.. mail.Headers ?? []],
            sender.Dkim
        );
    }

    // A campaign's mail has a name of its own there; of a single mail nothing is counted. Without an exchanger for
    // bounces the service's own address is the one that is known to exist.
    private string ReturnPath(MailSender? organization)
    {
        if (organization is null && _bounceDomain is null)
            return _own.Address;

        return $"bounces@{_bounceDomain ?? Mailbox.Of(organization!.Address).Host.ToString()}";
    }

    private sealed class SingleMail(PreparedMail prepared)
    {
        public PreparedMail Prepared { get; } = prepared;

        public int Doubts { get; set; }

        /// <summary>The last try had a connection.</summary>
        public bool IsOffered { get; set; }
    }

    [LoggerMessage(LogLevel.Warning, "Mail was not taken, try {Number}; it is tried again.")]
    private partial void LogRetry(Exception? why, int number);
}
