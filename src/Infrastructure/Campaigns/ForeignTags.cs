using System.Text.RegularExpressions;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// The marks by which other tools' templates say what is filled in, from <c>foreign-tags.json</c>: sent as they stand,
/// a reader would see them. A tool is added there, not in code.
/// </summary>
internal sealed class ForeignTags
{
    // More are of the same kind.
    private const int MostFound = 20;

    private ForeignTags(ForeignTagFile file)
    {
        var words = $"({string.Join('|', file.Words)})";
        All = [.. file.Tags.Select(tag => new ForeignTag(tag, words))];
    }

    /// <summary>Those that come with the service.</summary>
    public static ForeignTags Known { get; } = new(EmbeddedJson.Read<ForeignTagFile>("campaigns/foreign-tags.json"));

    /// <summary>Every known kind.</summary>
    public IReadOnlyList<ForeignTag> All { get; }

    /// <summary>What a template has of them, each once, with its place.</summary>
    public IEnumerable<TemplateFault> Check(ScannedTemplate template)
    {
        var told = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return template
            .Parts.Where(part => part.Kind == PartKind.Literal)
            .SelectMany(part => All.SelectMany(tag => tag.Find(part)))
            .Where(found => told.Add(found.Text))
            .Take(MostFound)
            .Select(found => new TemplateFault(
                $"{found.Text} is a merge tag of another tool ({found.Tool}) and would be sent as it stands. Use a "
                    + "variable, such as {{name}} or {{metadata.city}}, or a block, such as {{#if name}}; to show it, "
                    + "write its first character as an HTML entity.",
                found.Offset,
                IsContent: true
            ));
    }
}

/// <summary>One kind of mark.</summary>
internal sealed class ForeignTag(ForeignTagEntry entry, string words)
{
    // A template can be a million characters: nothing is tried twice.
    private readonly Regex _pattern = new(
        entry.Pattern.Replace("WORD", words, StringComparison.Ordinal),
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        TimeSpan.FromSeconds(1)
    );

    /// <summary>What the file says of it.</summary>
    public ForeignTagEntry Entry { get; } = entry;

    /// <summary>Where it stands in a literal part.</summary>
    public IEnumerable<(string Text, string Tool, int Offset)> Find(TemplatePart part) =>
        _pattern.Matches(part.Source).Select(match => (match.Value, Entry.Tool, part.Start + match.Index));

    /// <summary>Whether a text has one.</summary>
    public bool IsIn(string text) => _pattern.IsMatch(text);
}

/// <summary>The file of foreign tags.</summary>
/// <param name="Words">What WORD stands for in a pattern.</param>
internal sealed record ForeignTagFile(string Note, string[] Words, ForeignTagEntry[] Tags);

/// <summary>One kind in the file.</summary>
/// <param name="Examples">Texts that have it.</param>
/// <param name="Not">Texts that look alike and have none.</param>
internal sealed record ForeignTagEntry(string Tool, string Pattern, string[] Examples, string[] Not);
