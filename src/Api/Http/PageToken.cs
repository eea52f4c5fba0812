using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace SchemaHub.Api.Http;

/// <summary>
/// Where a list goes on: the list's own name with its filters, and the last id. It grants nothing, so it is not
/// signed; it is refused where it belongs to another list.
/// </summary>
internal static class PageToken
{
    private const char Separator = '\n';

    public static string? Of(string list, long? last) =>
        last is null ? null : Write(list, last.Value.ToString(CultureInfo.InvariantCulture));

    /// <summary>The last id of the page before; 0 where there is none.</summary>
    /// <exception cref="MalformedRequestException">It is no token, or another list's.</exception>
    public static long Read(string list, string? after)
    {
        if (after is null)
            return 0;

        return long.TryParse(Place(list, after), NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            ? last
            : throw Wrong();
    }

    /// <summary>A token for a place in a list.</summary>
    public static string Write(string list, string place) =>
        Base64Url.EncodeToString(Encoding.UTF8.GetBytes($"{list}{Separator}{place}"));

    /// <summary>The place in the list that a token holds.</summary>
    /// <exception cref="MalformedRequestException">It is no token, or another list's.</exception>
    public static string Place(string list, string after)
    {
        if (!Base64Url.IsValid(after))
            throw Wrong();

        var token = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(after));
        return token.StartsWith($"{list}{Separator}", StringComparison.Ordinal)
            ? token[(list.Length + 1)..]
            : throw Wrong();
    }

    /// <summary>What a token that is none is answered with.</summary>
    public static MalformedRequestException Wrong() =>
        new("after", "It is the next of a page of this same list with these same filters, unchanged.");
}

/// <summary>A part of a list.</summary>
/// <param name="Next">What to give as <c>after</c> for the part after this one; null at the end.</param>
internal sealed record Paged<T>(IReadOnlyList<T> Items, string? Next);
