using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>The values that exports write into fields: instants, IP addresses, clean text.</summary>
internal static class CsvValues
{
    // Nobody opted in to a mailing list before there were any; 0001 and 1970 are what programs write for "unknown", and
    // 9999 for "never".
    private static readonly DateTime Earliest = new(1990, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private static readonly SearchValues<char> TimeCharacters = SearchValues.Create("0123456789:.");

    /// <summary>Text that no field may have; with tab and line breaks for fields of one line.</summary>
    private static readonly SearchValues<char> Controls = SearchValues.Create([
        .. Enumerable
            .Range(0, 0xa0)
            .Select(c => (char)c)
            .Where(c => char.IsControl(c) && c is not ('\t' or '\r' or '\n')),
    ]);

    private static readonly SearchValues<char> LineControls = SearchValues.Create([
        .. Enumerable.Range(0, 0xa0).Select(c => (char)c).Where(char.IsControl),
    ]);

    /// <summary>Whether a text of several lines has control characters in it.</summary>
    public static bool HasControls(ReadOnlySpan<char> text) => text.ContainsAny(Controls);

    /// <summary>Whether a text of one line has control characters, tabs or line breaks in it.</summary>
    public static bool HasLineControls(ReadOnlySpan<char> text) => text.ContainsAny(LineControls);

    /// <summary>
    /// Reads an instant: ISO 8601 with a T or a space, to the day, minute or second, and what Go prints
    /// (<c>2024-03-01 10:00:00.123456 +0000 UTC</c>, listmonk's exports). UTC where no offset is given. Other orders of
    /// day and month are refused, because nobody can tell which is which.
    /// </summary>
    public static bool TryReadInstant(ReadOnlySpan<char> text, out DateTimeOffset instant)
    {
        instant = default;
        if (text.Length < 10)
            return false;

        if (
            !DateTime.TryParseExact(
                text[..10],
                "yyyy-MM-dd",
                CultureInfo.InvariantCulture,
                DateTimeStyles.None,
                out var day
            )
        )
            return false;

        var (time, offset) = (TimeSpan.Zero, TimeSpan.Zero);
        if (text.Length > 10)
        {
            var rest = text[11..];
            var zone = rest.IndexOfAnyExcept(TimeCharacters);
            if (zone < 0)
                zone = rest.Length;

            if (text[10] is not ('T' or 't' or ' ') || !TryReadTime(rest[..zone], out time))
                return false;

            if (!TryReadOffset(rest[zone..].Trim(), out offset))
                return false;
        }

        var utc = DateTime.SpecifyKind(day + time, DateTimeKind.Utc);
        if (utc < Earliest || utc.Year == DateTime.MaxValue.Year)
            return false;

        // PostgreSQL keeps microseconds; a tenth of one is lost here rather than there.
        utc -= offset;
        instant = new DateTimeOffset(utc.Ticks - (utc.Ticks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
        return true;
    }

    /// <summary>
    /// Reads an IP address as people write them: four decimal numbers, or IPv6 without brackets, port or zone. IPv4 in
    /// an IPv6 address becomes IPv4.
    /// </summary>
    public static bool TryReadIp(string text, out string ip)
    {
        ip = text;
        if (!IPAddress.TryParse(text, out var address))
            return false;

        if (address.AddressFamily == AddressFamily.InterNetwork)
            // The parser takes 1, 0x7f.1 and octal numbers as well; those are not addresses anybody recorded.
            return address.ToString() == text;

        if (text.AsSpan().ContainsAny('[', '%'))
            return false;

        ip = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        return true;
    }

    private static bool TryReadTime(ReadOnlySpan<char> text, out TimeSpan time)
    {
        // Go prints up to nine digits of a second; .NET counts to seven.
        const int longest = 16;
        text = text[..Math.Min(text.Length, longest)];
        var format = text.Length switch
        {
            5 => "HH:mm",
            8 => "HH:mm:ss",
            _ => "HH:mm:ss.FFFFFFF",
        };
        var isTime = TimeOnly.TryParseExact(
            text,
            format,
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out var read
        );
        time = read.ToTimeSpan();
        return isTime;
    }

    private static bool TryReadOffset(ReadOnlySpan<char> text, out TimeSpan offset)
    {
        offset = TimeSpan.Zero;
        if (text is "" or "Z" or "z" or "UTC" or "GMT")
            return true;

        // Go repeats the zone's name after its offset: +0530 IST.
        var space = text.IndexOf(' ');
        var digits = space < 0 ? text : text[..space];
        var format = digits.Length switch
        {
            3 => "hh",
            5 => "hhmm",
            _ => @"hh\:mm",
        };
        if (digits.IsEmpty || digits[0] is not ('+' or '-'))
            return false;

        if (!TimeSpan.TryParseExact(digits[1..], format, CultureInfo.InvariantCulture, out offset))
            return false;

        offset = digits[0] == '-' ? -offset : offset;
        return offset.Duration() <= TimeSpan.FromHours(14);
    }
}
