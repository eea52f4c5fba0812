using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace SchemaHub.Api.Http;

/// <summary>Instants as ISO 8601 writes them, always with their offset.</summary>
internal static partial class Instants
{
    /// <summary>What an instant is, for people.</summary>
    public const string Rule =
        "It is an instant in ISO 8601 with Z or an offset, such as 2026-03-01T12:00:00Z or 2026-03-01T13:00:00+01:00.";

    /// <summary>A query parameter; null where it is not given.</summary>
    /// <exception cref="MalformedRequestException">It is no instant, or has no offset.</exception>
    public static DateTimeOffset? Parse(string field, string? text)
    {
        if (text is null)
            return null;

        // A plus sign that was not escaped arrives as a space, and can have meant nothing else.
        return TryParse(text.Replace(' ', '+'), out var at) ? at : throw new MalformedRequestException(field, Rule);
    }

    /// <summary>The same, where it must be given.</summary>
    /// <exception cref="MalformedRequestException">It is missing, is no instant, or has no offset.</exception>
    public static DateTimeOffset Require(string field, string? text) =>
        Parse(field, text) ?? throw new MalformedRequestException(field, Rule);

    public static bool TryParse([NotNullWhen(true)] string? text, out DateTimeOffset at)
    {
        at = default;
        return text is not null
            && Format().IsMatch(text)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out at);
    }

    [GeneratedRegex(
        @"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,7})?)?(Z|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex Format();
}
