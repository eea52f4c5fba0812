using System.Buffers;

namespace SchemaHub.Api.Pages;

/// <summary>
/// The token of a link as it comes back from mail programs: with the bracket or the full stop that stood behind it in a
/// text, also escaped, or in capitals.
/// </summary>
internal static class MailedToken
{
    private static readonly SearchValues<char> s_before = SearchValues.Create("<([{\"'“‘« \t\r\n");

    private static readonly SearchValues<char> s_token = SearchValues.Create(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
    );

    /// <summary>The token itself: what stands before the first character that no token has.</summary>
    public static string Clean(string token)
    {
        var start = token.AsSpan().IndexOfAnyExcept(s_before);
        if (start < 0)
            return "";

        var rest = token[start..];
        var end = rest.AsSpan().IndexOfAnyExcept(s_token);
        var clean = end < 0 ? rest : rest[..end];
        // Hexadecimal tokens are written small; of others the case is a part.
        return clean.All(char.IsAsciiHexDigit) ? clean.ToLowerInvariant() : clean;
    }
}
