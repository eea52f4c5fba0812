using System.Security.Cryptography;
using System.Text;
using MimeKit;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Delivery status notifications (RFC 3464, and RFC 6533 for addresses beyond ASCII) and feedback reports in ARF (RFC
/// 5965). Only the part that machines write for machines is believed: the words around it are everybody's own.
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

    public MailReport? Read(ReadOnlyMemory<byte> message)
    {
        try
        {
            return StrangersMail.Read(message) is { Body: Multipart } mail ? ReadReport(mail) : null;
        }
        catch (FormatException)
        {
            // Cut within the part for machines, or never one.
            return null;
        }
    }

    private static MailReport? ReadReport(StrangersMail report)
    {
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
        var failures = new List<(BounceRule? Rule, string? Status, string? Diagnostic)>();
        var hasArrived = false;
        foreach (var block in blocks)
        {
            var diagnostic = StrangersMail.First(block, "Diagnostic-Code");
            var status = BounceRules.StatusOf(StrangersMail.First(block, "Status"), diagnostic);
            var action = StrangersMail.First(block, "Action")?.Split('(', ' ')[0].ToLowerInvariant();
            // The field is required, and yet some leave it out.
            if (action == "failed" || (action is null && status?[0] == '5'))
                failures.Add((BounceRules.Default.Find(status, diagnostic), status, WithoutKind(diagnostic)));

            hasArrived |= action is "delivered" or "relayed" or "expanded";
        }

        var worst = failures.Find(failure => failure.Rule is { IsHard: false });
        if (worst.Rule is null)
            worst = failures.FirstOrDefault();

        // A mail of ours goes to one person: where there are more, they forward it, and one who is left is enough.
        Delivery? delivery =
            failures.Count == 0 ? null
            : worst.Rule is { IsHard: true } && !hasArrived ? Delivery.HardBounce
            : Delivery.SoftBounce;
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
}
