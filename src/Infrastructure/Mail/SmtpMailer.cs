using System.Net;
using System.Net.Mail;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;
using Polly.Timeout;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// Hands mail to a server. What may pass (a busy server, a broken connection) is tried again for a while; what the
/// server refuses for good is not.
/// </summary>
internal sealed partial class SmtpMailer : IMailer
{
    private static readonly TimeSpan OneTry = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AllTries = TimeSpan.FromSeconds(25);

    private readonly MailOptions _options;
    private readonly string _from;
    private readonly ILogger _logger;
    private readonly ResiliencePipeline _patience;

    /// <param name="firstPause">Before the second try; doubled, and jittered, before each further one.</param>
    public SmtpMailer(MailOptions options, string from, ILogger logger, TimeSpan? firstPause = null)
    {
        _options = options;
        _from = from;
        _logger = logger;
        _patience = new ResiliencePipelineBuilder()
            .AddTimeout(AllTries)
            .AddRetry(
                new RetryStrategyOptions
                {
                    ShouldHandle = new PredicateBuilder()
                        .Handle<SmtpException>(MayPass)
                        .Handle<TimeoutRejectedException>(),
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
            .AddTimeout(OneTry)
            .Build();
    }

    public async Task Send(Application.Contacts.Mail mail, CancellationToken cancellation)
    {
        using var message = MimeMessages.Of(mail, _from);
        try
        {
            await _patience.ExecuteAsync(
                async (sent, tryCancellation) =>
                {
                    // A client serves one mail at a time, so each mail has its own.
                    using var client = Connect();
                    await client.SendMailAsync(sent, tryCancellation);
                },
                message,
                cancellation
            );
        }
        catch (SmtpException refused)
        {
            throw new MailNotSentException("The mail server did not take the mail.", !MayPass(refused), refused);
        }
        catch (TimeoutRejectedException late)
        {
            throw new MailNotSentException("The mail server did not answer in time.", isForGood: false, late);
        }
    }

    private SmtpClient Connect() =>
        new(_options.Host, _options.Port)
        {
            EnableSsl = _options.StartTls,
            DeliveryFormat = SmtpDeliveryFormat.International,
            Credentials = string.IsNullOrEmpty(_options.User)
                ? null
                : new NetworkCredential(_options.User, _options.Password),
        };

    /// <summary>RFC 5321 section 4.2.1: 4yz may pass, 5yz will not; without a reply, the connection failed.</summary>
    private static bool MayPass(SmtpException failed) =>
        failed.StatusCode == SmtpStatusCode.GeneralFailure
            ? failed.InnerException is IOException or System.Net.Sockets.SocketException
            : (int)failed.StatusCode is >= 400 and < 500;

    [LoggerMessage(LogLevel.Warning, "Mail was not taken, try {Number}; it is tried again.")]
    private partial void LogRetry(Exception? why, int number);
}
