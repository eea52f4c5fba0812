using System.Buffers;
using System.Globalization;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>What a server answered (RFC 5321 section 4.2).</summary>
/// <param name="Text">Its lines after the code, joined by line feeds; empty of a success nobody asked about.</param>
internal readonly record struct SmtpReply(int Code, string Text)
{
    public const int Closing = 421;
    public const int GoOn = 354;

    private const int LongestReason = 400;

    private static readonly SearchValues<char> QueueNames = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    );

    /// <summary>It answers MAIL FROM: whatever it says is about us, and never about the recipient.</summary>
    public bool IsToSender { get; init; }

    public bool IsPositive => Code is >= 200 and < 300;

    /// <summary>All that the server says, in one line.</summary>
    public string Line => string.Create(CultureInfo.InvariantCulture, $"{Code} {Text.Replace('\n', ' ')}");

    /// <summary>What of it is kept for a person to read.</summary>
    public string Reason => Line is { Length: > LongestReason } line ? line[..LongestReason] : Line;

    /// <summary>The name that the server gave the mail, where its reply has one of the usual forms.</summary>
    public string? QueueId => Named("queued as ") ?? Named("id=");

    private string? Named(string mark)
    {
        // Postfix and its like write the first mark, Exim the second.
        var start = Text.IndexOf(mark, StringComparison.Ordinal);
        if (start < 0)
            return null;

        var name = Text.AsSpan(start + mark.Length);
        var end = name.IndexOfAnyExcept(QueueNames);
        return end < 0 ? name.ToString() : name[..end].ToString();
    }
}

/// <summary>The server does not speak SMTP, or hung up.</summary>
internal sealed class SmtpProtocolException(string message) : IOException(message);
