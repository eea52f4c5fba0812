using System.Globalization;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Campaigns;

/// <summary>
/// Takes a message that came to a return path or to a mailbox for feedback: a bounce (RFC 3464), a feedback report
/// (RFC 5965), or whatever came to the address of a mail that unsubscribes (RFC 2369). Only a token of ours in it names
/// the mail that it is about; without one it changes nothing.
/// </summary>
/// <param name="Message">As it came; its beginning is enough.</param>
/// <param name="Recipient">Whom it was sent to, by its envelope; null where that is not known.</param>
[RequiresOperator]
public sealed record ReceiveMail(ReadOnlyMemory<byte> Message, string? Recipient = null) : IRequest<MailReceived>;

/// <summary>What became of a message.</summary>
/// <param name="EmailLog">The mail it was about; null where it was about none of ours.</param>
/// <param name="Delivery">What it said; null where it said nothing that is recorded.</param>
public sealed record MailReceived(ReceivedAs As, int? EmailLog = null, Delivery? Delivery = null);

/// <inheritdoc cref="MailReceived"/>
public enum ReceivedAs
{
    /// <summary>It is recorded.</summary>
    Recorded,

    /// <summary>It was recorded before.</summary>
    KnownAlready,

    /// <summary>Somebody is written to no more for the purpose of the mail.</summary>
    Unsubscribed,

    /// <summary>A program wrote it for a person: an absence note, a confirmation.</summary>
    NoReport,

    /// <summary>It cannot be read as a bounce or a complaint: a person has to look at it.</summary>
    NotReadable,

    /// <summary>It says nothing that changes anything: a delay, an arrival.</summary>
    NoNews,

    /// <summary>No token in it is ours.</summary>
    NotOurs,

    /// <summary>It is to be brought again later.</summary>
    TooEarly,
}

/// <summary>Reads what mail servers write to senders.</summary>
public interface IMailReports
{
    /// <summary>Reads a message; of one that is none nothing is known.</summary>
    ReadMessage Read(ReadOnlyMemory<byte> message);
}

/// <summary>What a stranger's message is.</summary>
/// <param name="Recipients">Whom it was sent to, as servers on its way wrote it down.</param>
/// <param name="Report">The report in it; null where there is none.</param>
/// <param name="IsAutomaticReply">A program answers a person with it, and says so in its header.</param>
public sealed record ReadMessage(IReadOnlyList<string> Recipients, MailReport? Report, bool IsAutomaticReply);

/// <summary>A bounce or a feedback report.</summary>
/// <param name="Id">The same whenever the same report comes again.</param>
/// <param name="Delivery">What it says of the mail; null where that changes nothing.</param>
/// <param name="ReturnPaths">Addresses in it that may be a mail's return path.</param>
/// <param name="MessageIds">Names in it that may be a mail's Message-ID.</param>
public sealed record MailReport(
    string Id,
    Delivery? Delivery,
    string? Status,
    string? Diagnostic,
    IReadOnlyList<string> ReturnPaths,
    IReadOnlyList<string> MessageIds
);

internal sealed class ReceiveMailHandler(
    IMailReports reports,
    IMailTokens tokens,
    IDeliveries deliveries,
    RunAs runAs,
    IMediator mediator,
    TimeProvider clock
) : IRequestHandler<ReceiveMail, MailReceived>
{
    private const int MostTokenCharacters = 40;
    private const int MostTries = 100;

    public async Task<MailReceived> Handle(ReceiveMail received, CancellationToken cancellation)
    {
        var message = reports.Read(received.Message);
        var recipients = received.Recipient is { } one ? [one] : message.Recipients;
        if (Find(TokenUse.Unsubscribe, recipients) is { } unsubscribed)
            return await Unsubscribe(unsubscribed, cancellation);

        if (message.Report is not { } report)
            return new MailReceived(message.IsAutomaticReply ? ReceivedAs.NoReport : ReceivedAs.NotReadable);

        var paths = received.Recipient is null ? report.ReturnPaths : [received.Recipient, .. report.ReturnPaths];
        if ((Find(TokenUse.ReturnPath, paths) ?? Find(TokenUse.MessageId, report.MessageIds)) is not { } mail)
            return new MailReceived(ReceivedAs.NotOurs);

        if (report.Delivery is not { } delivery)
            return new MailReceived(ReceivedAs.NoNews, mail);

        var recorded = await mediator.Send(
            new RecordDelivery(mail, delivery, report.Id, clock.GetUtcNow(), report.Status, report.Diagnostic),
            cancellation
        );
        return recorded switch
        {
            DeliveryRecorded.Recorded => new MailReceived(ReceivedAs.Recorded, mail, delivery),
            DeliveryRecorded.KnownAlready => new MailReceived(ReceivedAs.KnownAlready, mail, delivery),
            DeliveryRecorded.TooEarly => new MailReceived(ReceivedAs.TooEarly, mail, delivery),
            _ => new MailReceived(ReceivedAs.NotOurs),
        };
    }

    private async Task<MailReceived> Unsubscribe(int mail, CancellationToken cancellation)
    {
        if (await deliveries.PurposeOf(mail, cancellation) is not { } sent)
            return new MailReceived(ReceivedAs.NotOurs);

        // The token names the person; whoever brings the message is the mail server.
        await using var service = runAs.System(sent.Organization, SystemActors.System);
        await service.Send(
            new WithdrawConsent(
                sent.Contact,
                sent.Purpose,
                Sources.EmailLink,
                "mailto",
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["mail"] = mail.ToString(CultureInfo.InvariantCulture),
                }
            ),
            cancellation
        );
        return new MailReceived(ReceivedAs.Unsubscribed, mail);
    }

    /// <summary>The mail of the first token among the letters and digits of some addresses.</summary>
    private int? Find(TokenUse use, IReadOnlyList<string> addresses) =>
        addresses
            .SelectMany(Words)
            .Where(word => word.Length <= MostTokenCharacters)
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Take(MostTries)
            .Select(word => tokens.Read(use, word))
            .FirstOrDefault(mail => mail is not null);

    private static IEnumerable<string> Words(string address)
    {
        var start = 0;
        for (var at = 0; at <= address.Length; at++)
        {
            if (at < address.Length && char.IsAsciiLetterOrDigit(address[at]))
                continue;

            if (at > start)
                yield return address[start..at];

            start = at + 1;
        }
    }
}
