using System.Globalization;
using SchemaHub.Api.Http;
using SchemaHub.Application.Podcasts;

namespace SchemaHub.Api.Podcasts;

/// <summary>Where a list in the order of time goes on; as <see cref="PageToken"/>, for keys of two parts.</summary>
internal static class TimeTokens
{
    private const char Separator = '\n';

    public static string? Of(string list, TimeKey? last) => last is null ? null : Of(list, last.At, $"{last.Id}");

    public static string? Of(string list, BucketKey? last) => last is null ? null : Of(list, last.At, last.EventType);

    /// <summary>The key that a token holds; null where there is none.</summary>
    /// <exception cref="MalformedRequestException">It is no token, or another list's.</exception>
    public static TimeKey? Read(string list, string? after)
    {
        if (after is null)
            return null;

        var (at, key) = Parts(list, after);
        return Guid.TryParse(key, out var id) ? new TimeKey(at, id) : throw PageToken.Wrong();
    }

    /// <summary>The key that a token holds; null where there is none.</summary>
    /// <exception cref="MalformedRequestException">It is no token, or another list's.</exception>
    public static BucketKey? ReadBucket(string list, string? after)
    {
        if (after is null)
            return null;

        var (at, key) = Parts(list, after);
        return new BucketKey(at, key);
    }

    private static string Of(string list, DateTimeOffset at, string key) =>
        PageToken.Write(list, string.Create(CultureInfo.InvariantCulture, $"{at.UtcTicks}{Separator}{key}"));

    private static (DateTimeOffset At, string Key) Parts(string list, string after)
    {
        // A name of the sender's may hold a line's end, so the last part is all the rest.
        var parts = PageToken.Place(list, after).Split(Separator, 2);
        return
            parts.Length == 2
            && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            && ticks <= DateTimeOffset.MaxValue.UtcTicks
            && !parts[1].Contains('\0')
            ? (new DateTimeOffset(ticks, TimeSpan.Zero), parts[1])
            : throw PageToken.Wrong();
    }
}
