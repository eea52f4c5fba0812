using System.Globalization;
using Microsoft.Net.Http.Headers;

namespace SchemaHub.Api.Http;

/// <summary>A stream's version as an entity tag (RFC 9110 section 8.8.3).</summary>
internal static class EntityTags
{
    private const string Header = "If-Match";

    public static void SetVersion(this HttpResponse response, long version) =>
        response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>The version that <c>If-Match</c> names; null where there is none, or any will do (<c>*</c>).</summary>
    /// <exception cref="MalformedRequestException">It is not one entity tag.</exception>
    public static long? Version(string? ifMatch)
    {
        if (ifMatch is null or "*")
            return null;

        if (!EntityTagHeaderValue.TryParse(ifMatch, out var tag))
            throw new MalformedRequestException(Header, "It is one entity tag in quotes, as ETag gave it, or *.");

        // A tag that we never gave, or a weak one, matches no version: the caller is told that it is stale.
        const long none = -1;
        return
            !tag.IsWeak
            && long.TryParse(
                tag.Tag.AsSpan().Trim('"'),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var version
            )
            ? version
            : none;
    }

    /// <summary>The same, where it must be given.</summary>
    /// <exception cref="VersionRequiredException">It is missing.</exception>
    public static long? RequireVersion(string? ifMatch) =>
        ifMatch is null ? throw new VersionRequiredException() : Version(ifMatch);
}
