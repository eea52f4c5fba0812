namespace SchemaHub.Infrastructure.Contacts;

/// <summary>An address as mail programs write it: <c>"Lee, Jane" &lt;jane@example.org&gt;</c>.</summary>
internal static class CsvMailbox
{
    /// <summary>The address, and the name beside it; the text itself where it is no such form.</summary>
    public static (string? Address, string? Name) Split(string? text)
    {
        if (text is not [.., '>'])
            return (text, null);

        // A name may hold an angle bracket, an address in a file does not.
        var start = text.LastIndexOf('<');
        if (start < 0)
            return (text, null);

        var name = Unquoted(text[..start].Trim());
        var address = text[(start + 1)..^1].Trim();
        var isName = name.Length > 0 && !string.Equals(name, address, StringComparison.OrdinalIgnoreCase);
        return (address, isName ? name : null);
    }

    private static string Unquoted(string name)
    {
        if (name is not (['"', .., '"'] or ['\'', .., '\'']))
            return name;

        var inner = name[1..^1];
        return inner
            .Replace("\\\\", "\0", StringComparison.Ordinal)
            .Replace("\\", "", StringComparison.Ordinal)
            .Replace('\0', '\\')
            .Trim();
    }
}
