using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>A mail in the form it has on the wire (RFC 5322), before any transport's own quoting.</summary>
/// <param name="MessageId">Without angle brackets.</param>
/// <param name="Content">Headers and body, lines ended with CRLF; all of it ASCII but international addresses.</param>
/// <param name="IsInternational">An address of it needs SMTPUTF8.</param>
internal sealed record ComposedMail(
    string ReturnPath,
    string To,
    string MessageId,
    ReadOnlyMemory<byte> Content,
    bool IsInternational
) : PreparedMail;

/// <summary>Composes mails: a text and an HTML part in UTF-8, signed where the mail names a key.</summary>
internal sealed class MimeComposer(TimeProvider clock)
{
    // What is written here; a second one of these would be read by some programs, and not by others.
    private static readonly FrozenSet<string> OwnFields = new[]
    {
        "Date",
        "From",
        "Sender",
        "Reply-To",
        "To",
        "Cc",
        "Bcc",
        "Message-ID",
        "Subject",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        "DKIM-Signature",
        "Return-Path",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    [ThreadStatic]
    private static WireBuffer? s_buffer;

    /// <exception cref="MailNotSentException">It cannot be a mail: an address or a header is malformed.</exception>
    public ComposedMail Compose(OutgoingMail mail)
    {
        var now = clock.GetUtcNow();
        var from = Mailbox.Of(mail.FromAddress);
        var to = Mailbox.Of(mail.To);
        Mailbox? replyTo = mail.ReplyTo is null ? null : Mailbox.Of(mail.ReplyTo);
        var returnPath = Mailbox.Of(mail.ReturnPath);
        RequireMessageId(mail.MessageId);

        var buffer = s_buffer ??= new WireBuffer();
        buffer.Clear();
        WriteDate(buffer, now);
        MimeHeaders.Address(buffer, "From"u8, mail.FromName, from);
        if (replyTo is { } answers)
            MimeHeaders.Address(buffer, "Reply-To"u8, displayName: null, answers);

        MimeHeaders.Address(buffer, "To"u8, mail.ToName, to);
        MimeHeaders.Text(buffer, "Subject"u8, mail.Subject);
        buffer.Append("Message-ID: <"u8);
        buffer.Append(mail.MessageId);
        buffer.Append(">\r\n"u8);
        foreach (var (name, value) in mail.Headers)
        {
            if (OwnFields.Contains(name))
                throw new MailNotSentException($"The header {name} is the service's own.", isForGood: true);

            MimeHeaders.Further(buffer, name, value);
        }

        WriteBody(buffer, mail);
        return new ComposedMail(
            returnPath.Address,
            to.Address,
            mail.MessageId,
            mail.Dkim is { } key ? DkimSigner.Of(key).Sign(buffer.Span, now) : buffer.Span.ToArray(),
            from.IsInternational || to.IsInternational || returnPath.IsInternational || replyTo?.IsInternational == true
        );
    }

    private static void WriteDate(WireBuffer buffer, DateTimeOffset now)
    {
        const int Length = 31;
        buffer.Append("Date: "u8);
        now.UtcDateTime.TryFormat(
            buffer.Room(Length),
            out var written,
            "ddd, dd MMM yyyy HH:mm:ss '+0000'",
            CultureInfo.InvariantCulture
        );
        buffer.Advance(written);
        buffer.Append("\r\n"u8);
    }

    private static void WriteBody(WireBuffer buffer, OutgoingMail mail)
    {
        buffer.Append("MIME-Version: 1.0\r\n"u8);
        if (mail.Html.Length == 0)
        {
            MimeBodies.Write(buffer, "text/plain"u8, mail.Text);
            buffer.Append("\r\n"u8);
            return;
        }

        // Neither part can hold it: nobody knows it before, and "=_" stands in no quoted-printable or base64.
        Span<byte> random = stackalloc byte[12];
        RandomNumberGenerator.Fill(random);
        Span<byte> boundary = stackalloc byte[24];
        Convert.TryToHexStringLower(random, boundary, out _);
        buffer.Append("Content-Type: multipart/alternative;\r\n boundary=\"=_"u8);
        buffer.Append(boundary);
        buffer.Append("\"\r\n\r\n"u8);
        BeginPart(buffer, boundary);
        MimeBodies.Write(buffer, "text/plain"u8, mail.Text);
        buffer.Append("\r\n"u8);
        BeginPart(buffer, boundary);
        MimeBodies.Write(buffer, "text/html"u8, mail.Html);
        buffer.Append("\r\n--=_"u8);
        buffer.Append(boundary);
        buffer.Append("--\r\n"u8);
    }

    private static void BeginPart(WireBuffer buffer, ReadOnlySpan<byte> boundary)
    {
        buffer.Append("--=_"u8);
        buffer.Append(boundary);
        buffer.Append("\r\n"u8);
    }

    private static void RequireMessageId(string id)
    {
        const int Longest = 250;
        var isOne =
            id.Length is > 0 and <= Longest
            && id.Contains('@', StringComparison.Ordinal)
            && !id.AsSpan().ContainsAnyExceptInRange('!', '~')
            && !id.AsSpan().ContainsAny('<', '>');
        if (!isOne)
            throw new MailNotSentException("The mail's Message-ID is malformed.", isForGood: true);
    }
}
