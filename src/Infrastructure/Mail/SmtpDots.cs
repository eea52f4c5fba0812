namespace SchemaHub.Infrastructure.Mail;

/// <summary>The transparency of SMTP (RFC 5321 section 4.5.2): a line that begins with a dot gets one more.</summary>
internal static class SmtpDots
{
    public static void Stuff(WireBuffer to, ReadOnlySpan<byte> content)
    {
        if (content.StartsWith("."u8))
            to.Append((byte)'.');

        while (true)
        {
            var dot = content.IndexOf("\r\n."u8);
            if (dot < 0)
            {
                to.Append(content);
                return;
            }

            to.Append(content[..(dot + 3)]);
            to.Append((byte)'.');
            content = content[(dot + 3)..];
        }
    }
}
