using System.Security.Cryptography;
using System.Text;
using SchemaHub.Application.Campaigns;
using SchemaHub.Infrastructure.Mail;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Delivery status notifications (RFC 3464, and RFC 6533 for addresses beyond ASCII) and feedback reports in ARF (RFC
/// 5965). Only the part that machines write for machines is believed: the words around it are everybody's own.
/// </summary>
internal sealed class MailReports : IMailReports
{
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
        var root = MimePart.Read(message);
        var parts = root.All().ToList();
        if (!root.MediaType.StartsWith("multipart/", StringComparison.Ordinal))
            return null;

        var returned = parts.FirstOrDefault(part => part.MediaType is "message/rfc822" or "message/global");
        var returnedHeader = parts.FirstOrDefault(part =>
            part.MediaType is "text/rfc822-headers" or "message/global-headers"
        );
        var mail = HeaderOf(returned ?? returnedHeader);
        foreach (var part in parts)
        {
            if (part.MediaType is "message/delivery-status" or "message/global-delivery-status")
                return Bounce(root, MailField.ReadBlocks(part.Content.Span), mail);

            if (part.MediaType == "message/feedback-report")
                return Feedback(root, MailField.ReadBlocks(part.Content.Span), mail);
        }

        return null;
    }

    private static MailReport Bounce(
        MimePart root,
        IReadOnlyList<IReadOnlyList<MailField>> blocks,
        IReadOnlyList<MailField> mail
    )
    {
        var failures = new List<(BounceRule? Rule, string? Status, string? Diagnostic)>();
        var hasArrived = false;
        foreach (var block in blocks)
        {
            var diagnostic = MailField.First(block, "Diagnostic-Code");
            var status = BounceRules.StatusOf(MailField.First(block, "Status"), diagnostic);
            var action = MailField.First(block, "Action")?.Split('(', ' ')[0].ToLowerInvariant();
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
        var envelope = blocks.Select(block => MailField.First(block, "Original-Envelope-Id")).OfType<string>();
        return new MailReport(
            $"dsn:{IdOf(root, blocks)}",
            delivery,
            worst.Status,
            worst.Diagnostic,
            ReturnPathsOf(root, mail, []),
            [.. MessageIdsOf(mail), .. envelope]
        );
    }

    private static MailReport Feedback(
        MimePart root,
        IReadOnlyList<IReadOnlyList<MailField>> blocks,
        IReadOnlyList<MailField> mail
    )
    {
        var fields = blocks.SelectMany(block => block).ToList();
        var type = MailField.First(fields, "Feedback-Type") ?? "";
        return new MailReport(
            $"arf:{IdOf(root, blocks)}",
            BounceRules.Default.IsComplaint(type) ? Delivery.Complained : null,
            Status: null,
            type.Length == 0 ? null : $"feedback: {type}",
            ReturnPathsOf(root, mail, fields),
            MessageIdsOf(mail)
        );
    }

    /// <summary>The header of the mail that came back.</summary>
    private static IReadOnlyList<MailField> HeaderOf(MimePart? returned) =>
        returned is null ? [] : MimePart.Read(returned.Content).Headers;

    private static List<string> ReturnPathsOf(
        MimePart root,
        IReadOnlyList<MailField> mail,
        IReadOnlyList<MailField> feedback
    ) =>
        [
            .. Values(root.Headers, s_recipientHeaders),
            .. Values(feedback, "Original-Mail-From"),
            .. Values(mail, "Return-Path", "X-Envelope-From"),
        ];

    private static List<string> MessageIdsOf(IReadOnlyList<MailField> mail) => [.. Values(mail, "Message-ID")];

    private static IEnumerable<string> Values(IEnumerable<MailField> fields, params string[] names) =>
        names.SelectMany(name =>
            fields
                .Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                .Select(field => field.Value)
        );

    /// <summary>By its own Message-ID; by what it says, where it has none.</summary>
    private static string IdOf(MimePart root, IReadOnlyList<IReadOnlyList<MailField>> blocks)
    {
        var name = root.Header("Message-ID");
        if (string.IsNullOrEmpty(name))
            name = string.Join('\n', blocks.SelectMany(block => block).Select(field => $"{field.Name}:{field.Value}"));

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)).AsSpan(0, 16));
    }

    private static string? WithoutKind(string? diagnostic) =>
        diagnostic?.Split(';', 2) is [var kind, var said]
        && kind.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or ' ')
            ? said.Trim()
            : diagnostic;
}
