using System.Globalization;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>What a server says that it can do beyond the least (RFC 5321 section 4.1.1.1).</summary>
/// <param name="Pipelining">RFC 2920.</param>
/// <param name="Chunking">RFC 3030.</param>
/// <param name="International">SMTPUTF8, RFC 6531.</param>
/// <param name="LargestMail">In bytes (RFC 1870); null where it does not say.</param>
/// <param name="TakesSize">It wants to know the size beforehand.</param>
/// <param name="Auth">The ways to say who we are.</param>
internal sealed record SmtpExtensions(
    bool StartTls,
    bool Pipelining,
    bool Chunking,
    bool EightBit,
    bool International,
    bool TakesSize,
    long? LargestMail,
    IReadOnlySet<string> Auth
)
{
    /// <summary>Reads the reply to EHLO.</summary>
    public static SmtpExtensions Of(SmtpReply reply)
    {
        // The first line is the server's name.
        var offered = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in reply.Text.Split('\n').Skip(1))
        {
            var words = line.Split(' ', 2);
            offered[words[0]] = words.Length > 1 ? words[1] : "";
        }

        long? largest =
            offered.TryGetValue("SIZE", out var size)
            && long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            && bytes > 0
                ? bytes
                : null;
        return new SmtpExtensions(
            offered.ContainsKey("STARTTLS"),
            offered.ContainsKey("PIPELINING"),
            offered.ContainsKey("CHUNKING"),
            offered.ContainsKey("8BITMIME"),
            offered.ContainsKey("SMTPUTF8"),
            offered.ContainsKey("SIZE"),
            largest,
            offered.GetValueOrDefault("AUTH", "").Split(' ').ToHashSet(StringComparer.OrdinalIgnoreCase)
        );
    }
}
