using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// One connection's loop: a mail is made ready, the ledger is told of it, it is handed over; what became of it is told
/// with the next one. At most one mail of it is in flight.
/// </summary>
internal sealed partial class SendLane(
    ChannelReader<QueuedMail> queue,
    IMailProvider provider,
    CampaignMails mails,
    LedgerExchange ledger,
    ISendEvents events,
    TimeProvider clock,
    ILogger logger
)
{
    /// <summary>Tries of one mail, over about a day and a half.</summary>
    public const int MostAttempts = 9;

    /// <summary>Times that a mail is handed over in full without an answer: each may have arrived.</summary>
    public const int MostDoubts = 3;

    /// <summary>Why a mail failed that may have been taken.</summary>
    public const string GivenUp = "No answer came to three hand-overs: whether it was taken is unknown.";

    // Younger than what others wait before they take a node for dead.
    private static readonly TimeSpan LongestVerdict = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(12);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private IMailConnection? _connection;
    private Outcome? _untold;

    /// <summary>
    /// Runs until the queue is complete, or it is to stop; what was handed over is told before it ends.
    /// </summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        var coming = Next(stopping);
        try
        {
            while (true)
            {
                // Nothing to ask for: what is known is told now, not when the next mail comes.
                if (!coming.IsCompleted)
                    await Tell();

                if (await coming is not { } ready)
                    return;

                // Made ready while this one waits for the ledger and the server.
                coming = Task.Run(() => Next(stopping), CancellationToken.None);
                await Handle(ready, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // What is not in flight stays queued.
        }
        finally
        {
            await ((Task)coming).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await Tell();
            }
            finally
            {
                if (_connection is not null)
                    await _connection.DisposeAsync();
            }
        }
    }

    /// <summary>The next mail, made ready; null at the end.</summary>
    private async Task<ReadyMail?> Next(CancellationToken stopping)
    {
        while (await queue.WaitToReadAsync(stopping))
        {
            stopping.ThrowIfCancellationRequested();
            if (!queue.TryRead(out var mail))
                continue;

            if (!mail.Work.Campaign.IsStopped)
                return Prepare(mail);

            events.Dropped(mail);
        }

        return null;
    }

    private ReadyMail Prepare(QueuedMail mail)
    {
        // Who was erased has no links any more, and no consent: the ledger will say so.
        if (mail.Token is null)
            return new ReadyMail(mail, null, null, "It has no recipient any more.");

        try
        {
            var (prepared, subject) = mails.Prepare(mail);
            return new ReadyMail(mail, prepared, subject, Refusal: null);
        }
        // Somebody's data make no mail: that one fails, and the others go out.
        catch (Exception malformed) when (malformed is MailNotSentException or TemplateBrokenException)
        {
            if (malformed is TemplateTooCostlyException && mail.Work.Campaign.CountTooCostly())
                events.TooCostly(mail.Work.Campaign);

            return new ReadyMail(mail, null, null, malformed.Message);
        }
    }

    private async Task Handle(ReadyMail ready, CancellationToken stopping)
    {
        var mail = ready.Mail;
        if (mail.Work.Campaign.IsStopped)
        {
            events.Dropped(mail);
            return;
        }

        await Connect(stopping);
        var verdict = await AskUntilFresh(mail);
        if (verdict.Permission != Permission.Go)
        {
            events.Refused(mail, verdict.Permission);
            return;
        }

        var handOver = ready.Prepared is { } prepared
            ? await _connection!.Send(prepared, CancellationToken.None)
            : new HandOver.Refused(ready.Refusal!);
        if (handOver.EndsConnection)
            await Disconnect();

        _untold = OutcomeOf(mail, handOver, verdict.ConsentEvent, ready.Subject);
        // Before the ledger is told: after a death in between, the mail is refused, and the address barred, once more.
        if (handOver is HandOver.Refused { NoSuchMailbox: true })
            await events.NoSuchMailbox(mail);
    }

    /// <summary>A mail is promised only to a connection that stands: a server that is away costs no try.</summary>
    private async Task Connect(CancellationToken stopping)
    {
        if (_connection is { IsUsable: false })
            await Disconnect();

        var pause = TimeSpan.FromMilliseconds(250);
        while (_connection is null)
        {
            try
            {
                _connection = await provider.Connect(stopping);
            }
            catch (MailNotSentException away)
            {
                await Tell();
                LogAway(away.Message);
                await Task.Delay(pause, clock, stopping);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private async Task Disconnect()
    {
        await _connection!.DisposeAsync();
        _connection = null;
    }

    /// <summary>
    /// A process that was stopped while it asked may have been taken for dead meanwhile, and its mail given to another
    /// node: an old answer is asked for again, and then it is another one.
    /// </summary>
    private async Task<TryVerdict> AskUntilFresh(QueuedMail mail)
    {
        while (true)
        {
            var asked = clock.GetTimestamp();
            var verdict = await Ask(mail);
            if (verdict.Permission != Permission.Go || clock.GetElapsedTime(asked) < LongestVerdict)
                return verdict;
        }
    }

    private async Task<TryVerdict> Ask(QueuedMail mail)
    {
        var told = _untold;
        _untold = null;
        var verdict = await ledger.Exchange(told, mail);
        if (told is not null)
            events.Told(told);

        return verdict;
    }

    private async Task Tell()
    {
        if (_untold is not { } told)
            return;

        _untold = null;
        await ledger.Exchange(told, next: null);
        events.Told(told);
    }

    private Outcome OutcomeOf(QueuedMail mail, HandOver handOver, long consent, string? subject)
    {
        var now = clock.GetUtcNow();
        var outcome = new Outcome(
            mail,
            Outcome.Queued,
            consent,
            subject,
            null,
            null,
            InDoubt: false,
            now,
            null,
            (short)(mail.Attempts + 1),
            mail.Doubts
        );
        switch (handOver)
        {
            case HandOver.Taken taken:
                return outcome with { Status = Outcome.Sent, ProviderMessageId = taken.ProviderMessageId };
            case HandOver.Refused refused:
                return outcome with { Status = Outcome.Failed, Error = refused.Reason };
            case HandOver.NotOffered not:
                return outcome with { Error = not.Reason, DueAt = now, Attempts = mail.Attempts };
            case { IsInDoubt: true } when mail.Doubts + 1 >= MostDoubts:
                return outcome with { Status = Outcome.Failed, Error = GivenUp, InDoubt = true };
            case HandOver.NotNow when mail.Attempts + 1 >= MostAttempts:
                return outcome with
                {
                    Status = Outcome.Failed,
                    Error = ((HandOver.NotNow)handOver).Reason,
                    InDoubt = mail.Doubts > 0,
                };
            case HandOver.NotNow later:
                return outcome with
                {
                    Error = later.Reason,
                    DueAt = now + Delay(mail.Attempts, later.After),
                    Doubts = (short)(mail.Doubts + (later.MayBeTaken ? 1 : 0)),
                };
            case HandOver.Unknown unknown:
                return outcome with
                {
                    Error = unknown.Reason,
                    InDoubt = true,
                    DueAt = now + Delay(mail.Attempts, atLeast: null),
                    Doubts = (short)(mail.Doubts + 1),
                };
            default:
                throw new InvalidOperationException($"{handOver.GetType().Name} is no outcome.");
        }
    }

    /// <summary>
    /// A minute, then doubled each time, give or take a fifth: mails deferred together come back apart.
    /// </summary>
    private static TimeSpan Delay(int attempts, TimeSpan? atLeast)
    {
        var delay = FirstRetry * Math.Pow(2, attempts) * (0.8 + (0.4 * Random.Shared.NextDouble()));
        delay = delay < LongestRetry ? delay : LongestRetry;
        return atLeast is { } least && least > delay ? least : delay;
    }

    [LoggerMessage(LogLevel.Warning, "Mail cannot be handed over now: {Why}")]
    private partial void LogAway(string why);

    /// <param name="Refusal">Why it cannot be a mail; null where it is one.</param>
    private sealed record ReadyMail(QueuedMail Mail, PreparedMail? Prepared, string? Subject, string? Refusal);
}
