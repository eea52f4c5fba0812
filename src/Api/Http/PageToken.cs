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
        last is null
            ? null
            : Base64Url.EncodeToString(
                Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{list}{Separator}{last}"))
            );

    /// <summary>The last id of the page before; 0 where there is none.</summary>
    /// <exception cref="MalformedRequestException">It is no token, or another list's.</exception>
    public static long Read(string list, string? after)
    {
        if (after is null)
            return 0;

        if (Base64Url.IsValid(after))
        {
            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(after)).Split(Separator);
            if (
                parts.Length == 2
                && parts[0] == list
                && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            )
                return last;
        }

        throw new MalformedRequestException(
            "after",
            "It is the next of a page of this same list with these same filters, unchanged."
        );
    }
}

/// <summary>A part of a list.</summary>
/// <param name="Next">What to give as <c>after</c> for the part after this one; null at the end.</param>
internal sealed record Paged<T>(IReadOnlyList<T> Items, string? Next);
