using System.Text;
using System.Text.RegularExpressions;

namespace SchemaHub.Application.Campaigns;

/// <summary>What other mail servers say, as far as it may be kept.</summary>
public static partial class Diagnostics
{
    private const int MostCharacters = 500;

    /// <summary>
    /// On one line, cut, and without addresses: they would outlive an erasure, and not even be the recipient's where
    /// mail was forwarded.
    /// </summary>
    public static string? Clean(string? text, int most = MostCharacters)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;

        // Whatever was sent, only its beginning is looked at.
        var start = text.Length > most * 4 ? text[..(most * 4)] : text;
        var line = new StringBuilder(start.Length);
        foreach (var rune in start.EnumerateRunes())
        {
            // A lone surrogate comes as U+FFFD; U+0000 is nothing that a database keeps.
            if (!Rune.IsControl(rune) && !Rune.IsWhiteSpace(rune))
                line.Append(rune);
            else if (line.Length > 0 && line[^1] != ' ')
                line.Append(' ');
        }

        var clean = Address().Replace(line.ToString().TrimEnd(), "(address)");
        if (clean.Length > most)
            clean = clean[..(char.IsHighSurrogate(clean[most - 1]) ? most - 1 : most)];

        return clean.Length == 0 ? null : clean;
    }

    [GeneratedRegex(@"[^\s<>""'(),;:\[\]]+@[^\s<>""'(),;:\[\]]+", RegexOptions.None, 1_000)]
    private static partial Regex Address();
}
