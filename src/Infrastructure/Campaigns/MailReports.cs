using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using MimeKit;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Delivery status notifications (RFC 3464, and RFC 6533 for addresses beyond ASCII) and feedback reports in ARF (RFC
/// 5965). Where there is a part that machines write for machines, only that is believed. Bounces in words alone, and
/// complaints that are the mail itself, are known by their form.
/// </summary>
internal sealed class MailReports : IMailReports
{
    private const int MostBlocks = 100;

    // Whom a message went to, as servers on its way write it down; where it is not known from the envelope.
    private static readonly string[] s_recipientHeaders =
    [
        "Delivered-To",
        "X-Original-To",
        "Envelope-To",
        "X-Envelope-To",
        "X-Failed-Return-Path",
        "To",
    ];

    public ReadMessage Read(ReadOnlyMemory<byte> message) =>
        StrangersMail.Read(message) is { } mail
            ? new ReadMessage(
                [.. StrangersMail.Values(mail.Headers, s_recipientHeaders)],
                ReportIn(mail),
                ProseBounces.Default.IsAutomaticReply(mail)
            )
            : new ReadMessage([], Report: null, IsAutomaticReply: false);

    private static MailReport? ReportIn(StrangersMail mail)
    {
        try
        {
            return ReadReport(mail) ?? ReadComplaint(mail) ?? ReadProse(mail);
        }
        catch (FormatException)
        {
            // Cut within the part for machines, or never one.
            return null;
        }
    }

    private static MailReport? ReadReport(StrangersMail report)
    {
        if (report.Body is not Multipart)
            return null;

        var returned =
            report.Parts.FirstOrDefault(part => StrangersMail.MediaTypeOf(part) is "message/rfc822" or "message/global")
            ?? report.Parts.FirstOrDefault(part =>
                StrangersMail.MediaTypeOf(part) is "text/rfc822-headers" or "message/global-headers"
            );
        IEnumerable<Header> mail = (returned is null ? null : StrangersMail.ReturnedHeader(returned)) ?? [];
        foreach (var part in report.Parts)
        {
            if (part is MessageDeliveryStatus status)
                return Bounce(report, [.. status.StatusGroups.Take(MostBlocks)], mail);

            if (part is MessageFeedbackReport feedback)
                return Feedback(report, feedback.Fields, mail);
        }

        return null;
    }

    private static MailReport Bounce(StrangersMail report, List<HeaderList> blocks, IEnumerable<Header> mail)
    {
        var failures = new List<Failure>();
        var hasArrived = false;
        foreach (var block in blocks)
        {
            var diagnostic = StrangersMail.First(block, "Diagnostic-Code");
            var status = BounceRules.StatusOf(StrangersMail.First(block, "Status"), diagnostic);
            var action = StrangersMail.First(block, "Action")?.Split('(', ' ')[0].ToLowerInvariant();
            // The field is required, and yet some leave it out.
            if (action == "failed" || (action is null && status?[0] == '5'))
                failures.Add(
                    new Failure(BounceRules.Default.Find(status, diagnostic), status, WithoutKind(diagnostic))
                );

            hasArrived |= action is "delivered" or "relayed" or "expanded";
        }

        var (delivery, worst) = VerdictOf(failures, hasArrived);
        var fields = blocks.SelectMany(block => block).ToList();
        return new MailReport(
            $"dsn:{IdOf(report, fields)}",
            delivery,
            worst.Status,
            worst.Diagnostic,
            ReturnPathsOf(report, mail, []),
            [.. MessageIdsOf(mail), .. StrangersMail.Values(fields, "Original-Envelope-Id")]
        );
    }

    /// <summary>A complaint that is the mail itself, with what the mailbox provider added to it.</summary>
    private static MailReport? ReadComplaint(StrangersMail report)
    {
        var mail = report.Parts.OfType<MessagePart>().Select(StrangersMail.ReturnedHeader).FirstOrDefault();
        return mail is not null && ProseBounces.Default.IsComplaint(mail)
            ? new MailReport(
                $"arf:{IdOf(report, mail)}",
                Delivery.Complained,
                Status: null,
                "feedback: abuse",
                ReturnPathsOf(report, mail, []),
                MessageIdsOf(mail)
            )
            : null;
    }

    /// <summary>A bounce without a part for machines.</summary>
    private static MailReport? ReadProse(StrangersMail report)
    {
        if (ProseBounces.Default.Read(report) is not { } prose)
            return null;

        var failures = prose
            .Replies.Select(reply => (Status: BounceRules.StatusOf(reply.Status, reply.Said), reply.Said))
            .Select(reply => new Failure(BounceRules.Default.Find(reply.Status, reply.Said), reply.Status, reply.Said))
            .ToList();
        var (delivery, worst) = VerdictOf(failures, hasArrived: false);
        var copy = prose.Returned[(prose.Returned.IndexOf('\n', StringComparison.Ordinal) + 1)..].TrimStart();
        IEnumerable<Header> mail =
            report.Parts.OfType<MessagePart>().Select(StrangersMail.ReturnedHeader).FirstOrDefault()
            ?? StrangersMail.Read(Encoding.UTF8.GetBytes(copy))?.Headers
            ?? [];
        return new MailReport(
            $"prose:{IdOf(report, report.Headers)}",
            delivery,
            worst.Status,
            worst.Diagnostic,
            ReturnPathsOf(report, mail, []),
            [.. MessageIdsOf(mail), .. StrangersMail.Values(report.Headers, "In-Reply-To", "References")]
        );
    }

    /// <summary>
    /// A mail of ours goes to one person: where there are more, they forward it, and one who is left is enough.
    /// </summary>
    private static (Delivery? Delivery, Failure Worst) VerdictOf(IReadOnlyList<Failure> failures, bool hasArrived)
    {
        var worst = failures.FirstOrDefault(failure => failure.Rule is { IsHard: false });
        if (worst.Rule is null)
            worst = failures.Count > 0 ? failures[0] : default;

        Delivery? delivery =
            failures.Count == 0 ? null
            : worst.Rule is { IsHard: true } && !hasArrived ? Delivery.HardBounce
            : Delivery.SoftBounce;
        return (delivery, worst);
    }

    private static MailReport Feedback(StrangersMail report, HeaderList fields, IEnumerable<Header> mail)
    {
        var type = StrangersMail.First(fields, "Feedback-Type") ?? "";
        return new MailReport(
            $"arf:{IdOf(report, fields)}",
            BounceRules.Default.IsComplaint(type) ? Delivery.Complained : null,
            Status: null,
            type.Length == 0 ? null : $"feedback: {type}",
            ReturnPathsOf(report, mail, fields),
            MessageIdsOf(mail)
        );
    }

    private static List<string> ReturnPathsOf(
        StrangersMail report,
        IEnumerable<Header> mail,
        IEnumerable<Header> feedback
    ) =>
        [
            .. StrangersMail.Values(report.Headers, s_recipientHeaders),
            .. StrangersMail.Values(feedback, "Original-Mail-From"),
            .. StrangersMail.Values(mail, "Return-Path", "X-Envelope-From"),
        ];

    private static List<string> MessageIdsOf(IEnumerable<Header> mail) => [.. StrangersMail.Values(mail, "Message-ID")];

    /// <summary>By its own Message-ID; by what it says, where it has none.</summary>
    private static string IdOf(StrangersMail report, IEnumerable<Header> fields)
    {
        var name = StrangersMail.First(report.Headers, "Message-ID");
        if (string.IsNullOrEmpty(name))
            name = string.Join('\n', fields.Select(field => $"{field.Field}:{StrangersMail.ValueOf(field)}"));

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));
    }

    private static string? WithoutKind(string? diagnostic) =>
        diagnostic?.Split(';', 2) is [var kind, var said]
        && kind.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or ' ')
            ? said.Trim()
            : diagnostic;

    /// <summary>What is said of one recipient.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Failure(BounceRule? Rule, string? Status, string? Diagnostic);
}
