using System.Globalization;
using System.Net.Mail;
using System.Net.Mime;
using System.Text;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>Makes what goes over the wire of a mail: a text and an HTML part, in UTF-8.</summary>
internal static class MimeMessages
{
    // RFC 5322 section 2.1.1 ends a line at 998.
    private const int LongestLine = 998;

    /// <exception cref="MailNotSentException">An address or a header cannot be what it says.</exception>
    public static MailMessage Of(Application.Contacts.Mail mail, string defaultFrom)
    {
        var headers = new Dictionary<string, string>(mail.Headers ?? new Dictionary<string, string>());
        foreach (
            var text in headers.Keys.Concat(headers.Values).Append(mail.From ?? "").Append(mail.To).Append(mail.Subject)
        )
        {
            // A line break would begin a header of somebody else's choice.
            if (text.Any(char.IsControl))
                throw new MailNotSentException("A header of the mail holds a control character.", isForGood: true);
        }

        try
        {
            var from = new MailAddress(AsciiHost(mail.From ?? defaultFrom));
            var message = new MailMessage(from, new MailAddress(AsciiHost(mail.To)))
            {
                Subject = mail.Subject,
                SubjectEncoding = Encoding.UTF8,
                HeadersEncoding = Encoding.UTF8,
            };
            message.Headers.Add("Message-ID", $"<{Guid.CreateVersion7():N}@{from.Host}>");
            foreach (var (name, value) in headers)
                message.Headers.Add(name, value);

            message.AlternateViews.Add(Part(mail.Text, MediaTypeNames.Text.Plain));
            message.AlternateViews.Add(Part(mail.Html, MediaTypeNames.Text.Html));
            return message;
        }
        catch (FormatException malformed)
        {
            throw new MailNotSentException("An address of the mail is malformed.", isForGood: true, malformed);
        }
    }

    private static AlternateView Part(string text, string mediaType)
    {
        // A line ends with both characters on the wire, or it does not end (RFC 5321 section 2.3.8).
        var lines = text.ReplaceLineEndings("\r\n");
        var view = AlternateView.CreateAlternateViewFromString(lines, Encoding.UTF8, mediaType);
        // As it is where it can be, so that a link in a dropped file stays in one piece.
        var isPlain = lines.All(char.IsAscii) && lines.Split('\n').All(line => line.Length < LongestLine);
        view.TransferEncoding = isPlain ? TransferEncoding.SevenBit : TransferEncoding.Base64;
        return view;
    }

    /// <summary>
    /// The host in punycode, which every server takes. A local part beyond ASCII needs a server with SMTPUTF8.
    /// </summary>
    private static string AsciiHost(string address)
    {
        var at = address.LastIndexOf('@');
        try
        {
            return at < 0 ? address : $"{address[..at]}@{new IdnMapping().GetAscii(address[(at + 1)..])}";
        }
        catch (ArgumentException malformed)
        {
            throw new FormatException("The host of the address is malformed.", malformed);
        }
    }
}
