using System.Globalization;
using System.Text.RegularExpressions;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>
/// Dates that begin with day and month, as spreadsheets write them: which comes first is told by those of the whole
/// file that can be read in one way only. A date that nothing tells is never guessed.
/// </summary>
internal sealed partial class CsvDates(CsvHeader header)
{
    private static readonly CsvRole[] s_roles =
    [
        CsvRole.OptInAt,
        CsvRole.ConfirmedAt,
        CsvRole.UnsubscribedAt,
        CsvRole.CleanedAt,
        CsvRole.LastChangedAt,
    ];

    private readonly CsvRole[] _columns = [.. s_roles.Where(header.Has)];
    private (string Column, long Line)? _dayFirst;
    private (string Column, long Line)? _monthFirst;
    private (string Column, long Line)? _both;
    private (string Column, long Line)? _either;

    /// <summary>Whether further rows can change the answer.</summary>
    public bool WantsMore => _columns.Length > 0 && (_dayFirst is null || _monthFirst is null);

    /// <summary>Whether a text is a date that begins with day and month.</summary>
    public static bool IsOne(string text) => Parts().IsMatch(text);

    // Most begin with the year: a look at three characters is cheaper than the pattern, row by row of a large file.
    private static bool MayBeOne(string text) => text.Length > 2 && text.AsSpan(0, 3).IndexOfAny('/', '.', '-') > 0;

    /// <summary>Reads such a date, with its time if it has one; UTC.</summary>
    public static bool TryRead(string text, DateOrder order, out DateTimeOffset instant)
    {
        instant = default;
        if (Parts().Match(text) is not { Success: true } match)
            return false;

        var (first, second) = (Number(match, "first"), Number(match, "second"));
        var (day, month) = order == DateOrder.DayFirst ? (first, second) : (second, first);
        var hour = Number(match, "hour");
        if (match.Groups["half"] is { Success: true, Value: var half })
        {
            if (hour is < 1 or > 12)
                return false;

            hour = (hour % 12) + (half[0] is 'p' or 'P' ? 12 : 0);
        }

        // The rest of what an instant must be is judged where every instant is.
        var (minute, whole) = (Number(match, "minute"), Number(match, "whole"));
        var iso = string.Create(
            CultureInfo.InvariantCulture,
            $"{Year(match):0000}-{month:00}-{day:00}T{hour:00}:{minute:00}:{whole:00}Z"
        );
        return CsvValues.TryReadInstant(iso, out instant);
    }

    public void Take(long line, string[] fields)
    {
        if (fields.Length != header.Names.Count)
            return;

        foreach (var role in _columns)
        {
            var text = fields[header.Column(role)].Trim();
            if (!MayBeOne(text) || Parts().Match(text) is not { Success: true } match)
                continue;

            var place = (header.NameOf(role), line);
            switch (Number(match, "first"), Number(match, "second"))
            {
                case (> 12, > 12):
                    break;
                case (> 12, _):
                    _dayFirst ??= place;
                    break;
                case (_, > 12):
                    _monthFirst ??= place;
                    break;
                case var (first, second) when first == second:
                    _either ??= place;
                    break;
                default:
                    _both ??= place;
                    break;
            }
        }
    }

    /// <summary>What all rows together say.</summary>
    /// <param name="stated">The caller's word, which outweighs it.</param>
    public ContactFileDates? Found(DateOrder? stated)
    {
        if ((_dayFirst ?? _monthFirst ?? _both ?? _either) is not { } place)
            return null;

        if (stated is not null)
            return new ContactFileDates(stated, place.Column, place.Line, IsStated: true);

        return (_dayFirst, _monthFirst, _both) switch
        {
            ({ } day, { } month, _) => new(Order: null, day.Column, day.Line, month.Line),
            ({ } day, null, _) => new(DateOrder.DayFirst, day.Column, day.Line),
            (null, { } month, _) => new(DateOrder.MonthFirst, month.Column, month.Line),
            (null, null, { } both) => new(Order: null, both.Column, both.Line),
            // Day and month are equal in all of them: either order is right.
            _ => new(DateOrder.DayFirst, place.Column, place.Line),
        };
    }

    private static int Number(Match match, string group) =>
        match.Groups[group] is { Success: true, Value: var digits }
            ? int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture)
            : 0;

    // Nobody opted in to a mailing list before 1990.
    private static int Year(Match match) =>
        Number(match, "year") is var year && year >= 100 ? year
        : year >= 90 ? 1900 + year
        : 2000 + year;

    // Two digits between hyphens may be a year first.
    [GeneratedRegex(
        "^(?![0-9]{2}-[0-9]{1,2}-[0-9]{2}([^0-9]|\\z))"
            + "(?<first>[0-9]{1,2})(?<mark>[/.-])(?<second>[0-9]{1,2})\\k<mark>(?<year>[0-9]{4}|[0-9]{2})"
            + "([ T,]{1,2}(?<hour>[0-9]{1,2}):(?<minute>[0-9]{2})(:(?<whole>[0-9]{2}))?"
            + "( ?(?<half>[AaPp])[.]?[Mm][.]?)?)?\\z",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex Parts();
}
