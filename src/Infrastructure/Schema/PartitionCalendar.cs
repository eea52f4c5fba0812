using System.Globalization;
using System.Text.RegularExpressions;

namespace SchemaHub.Infrastructure.Schema;

/// <summary>Which times the partitions of a table are for.</summary>
internal static partial class PartitionCalendar
{
    /// <summary>How long one partition is, as the newest is: <c>1 day</c>, <c>1 month</c>.</summary>
    public static string StepOf(Catalogue live, CataloguePart table)
    {
        if (Ranges(live, table).LastOrDefault() is not { From: not null, To: not null } last)
            return "no partitions";

        var days = (last.To.Value - last.From.Value).TotalDays;
        return days switch
        {
            1 => "1 day",
            7 => "1 week",
            >= 28 and <= 31 => "1 month",
            >= 365 and <= 366 => "1 year",
            _ => string.Create(CultureInfo.InvariantCulture, $"{days:0.##} days"),
        };
    }

    /// <summary>When the time of the oldest rows that may be there ended; null without partitions.</summary>
    public static DateTimeOffset? Oldest(Catalogue live, CataloguePart table) =>
        Ranges(live, table).Select(range => range.To).FirstOrDefault();

    /// <summary>Whether there is a partition for an instant.</summary>
    public static bool Covers(Catalogue live, CataloguePart table, DateTimeOffset instant) =>
        Of(live, table).Any(partition => partition.Bound == "DEFAULT")
        || Ranges(live, table)
            .Any(range =>
                (range.From ?? DateTimeOffset.MinValue) <= instant && instant < (range.To ?? DateTimeOffset.MaxValue)
            );

    private static IEnumerable<CataloguePartition> Of(Catalogue live, CataloguePart table) =>
        live.Partitions.Where(partition => partition.Schema == table.Schema && partition.Parent == table.Table);

    private static IEnumerable<(DateTimeOffset? From, DateTimeOffset? To)> Ranges(
        Catalogue live,
        CataloguePart table
    ) =>
        Of(live, table)
            .Select(partition => Range().Match(partition.Bound))
            .Where(match => match.Success)
            .Select(match => (Instant(match.Groups["from"].Value), Instant(match.Groups["to"].Value)))
            .OrderBy(range => range.Item1 ?? DateTimeOffset.MinValue);

    private static DateTimeOffset? Instant(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : null;

    // Of several columns the first is the time; MINVALUE and MAXVALUE are no instants.
    [GeneratedRegex(
        @"FROM \('?(?<from>[^',)]*)'?[^)]*\) TO \('?(?<to>[^',)]*)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex Range();
}
