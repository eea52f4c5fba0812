using System.Buffers;
using System.Globalization;
using System.Text;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>An address as it goes over the wire: the local part as given, the host in A-labels.</summary>
/// <param name="IsInternational">Its local part is not ASCII: only servers with SMTPUTF8 (RFC 6531) take it.</param>
internal readonly record struct Mailbox(string Address, bool IsInternational)
{
    private const int MostOctets = 254;

    private static readonly SearchValues<char> LocalPart = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~."
    );

    private static readonly SearchValues<char> HostName = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._"
    );

    private static readonly IdnMapping Idn = new() { UseStd3AsciiRules = true };

    /// <summary>The host of the address.</summary>
    public ReadOnlySpan<char> Host => Address.AsSpan(Address.LastIndexOf('@') + 1);

    /// <summary>Takes a bare address.</summary>
    /// <exception cref="MailNotSentException">It is not one that could stand in a header or an envelope.</exception>
    public static Mailbox Of(string address)
    {
        var at = address.LastIndexOf('@');
        if (at <= 0 || at == address.Length - 1)
            throw Malformed();

        var isInternational = !IsPlainLocalPart(address.AsSpan(0, at));
        var host = address.AsSpan(at + 1);
        if (host.ContainsAnyExcept(HostName))
            address = $"{address[..at]}@{AsciiHost(address[(at + 1)..])}";

        return Encoding.UTF8.GetByteCount(address) <= MostOctets
            ? new Mailbox(address, isInternational)
            : throw Malformed();
    }

    /// <summary>Takes <c>Name &lt;address&gt;</c> or a bare address.</summary>
    /// <exception cref="MailNotSentException">It is neither.</exception>
    public static (string Name, string Address) Split(string text)
    {
        var open = text.LastIndexOf('<');
        if (open < 0)
            return ("", text.Trim(' '));

        return text.EndsWith('>') ? (text[..open].Trim(' ').Trim('"'), text[(open + 1)..^1]) : throw Malformed();
    }

    /// <summary>A sender without a key, from <c>Name &lt;address&gt;</c> or a bare address.</summary>
    /// <exception cref="MailNotSentException">It is neither.</exception>
    public static MailSender Sender(string text)
    {
        var (name, address) = Split(text);
        return new MailSender(name, address);
    }

    private static bool IsPlainLocalPart(ReadOnlySpan<char> local)
    {
        if (local[0] == '.' || local[^1] == '.' || local.Contains("..", StringComparison.Ordinal))
            throw Malformed();

        if (!local.ContainsAnyExcept(LocalPart))
            return true;

        foreach (var rune in local.EnumerateRunes())
        {
            var isAllowed = rune.IsAscii
                ? LocalPart.Contains((char)rune.Value)
                : rune != Rune.ReplacementChar && !Rune.IsControl(rune) && !Rune.IsWhiteSpace(rune);
            if (!isAllowed)
                throw Malformed();
        }

        return false;
    }

    private static string AsciiHost(string host)
    {
        try
        {
            return Idn.GetAscii(host);
        }
        catch (ArgumentException malformed)
        {
            throw new MailNotSentException("The host of an address is malformed.", isForGood: true, malformed);
        }
    }

    private static MailNotSentException Malformed() => new("An address of the mail is malformed.", isForGood: true);
}
