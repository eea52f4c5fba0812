namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Comments of a template: <c>{{! … }}</c>, and <c>{{!-- … --}}</c>, which may hold braces.</summary>
internal static class TemplateComments
{
    /// <summary>Whether the braces here begin one.</summary>
    public static bool IsAt(string source, int start) => At(source, Mark(source, start)) == '!';

    /// <summary>Where the comment that begins here ends; null where it does not.</summary>
    public static int? EndOf(string source, int start)
    {
        var at = Mark(source, start);
        if (string.CompareOrdinal(source, at, "!--", 0, 3) == 0)
            return EndOfLong(source, at + 3);

        var end = source.IndexOf("}}", at + 1, StringComparison.Ordinal);
        return end < 0 ? null : end + 2;
    }

    // One search for both ends: of many comments, a search for the one that none has would read everything each time.
    private static int? EndOfLong(string source, int from)
    {
        var at = Math.Min(from, source.Length);
        while ((at = source.IndexOf("--", at, StringComparison.Ordinal)) >= 0)
        {
            var end = At(source, at + 2) == '~' ? at + 3 : at + 2;
            if (At(source, end) == '}' && At(source, end + 1) == '}')
                return end + 2;

            at++;
        }

        return null;
    }

    private static int Mark(string source, int start) => At(source, start + 2) == '~' ? start + 3 : start + 2;

    private static char At(string source, int index) => index < source.Length ? source[index] : '\0';
}
