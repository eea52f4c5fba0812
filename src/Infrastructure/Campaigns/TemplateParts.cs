namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>What a piece of a template is.</summary>
internal enum PartKind
{
    /// <summary>It stands as it is.</summary>
    Literal,

    /// <summary>A variable is written here.</summary>
    Output,

    /// <summary>A block begins.</summary>
    Open,

    /// <summary>Its other branch begins.</summary>
    Else,

    /// <summary>It ends.</summary>
    Close,
}

/// <summary>A piece of a template.</summary>
/// <param name="Start">Where it begins in the source, in characters from 0.</param>
/// <param name="Source">As it was written.</param>
internal sealed record TemplatePart(PartKind Kind, int Start, string Source)
{
    /// <summary><c>if</c>, <c>unless</c>, <c>each</c> or <c>with</c>; null on a plain <c>else</c>.</summary>
    public string? Keyword { get; init; }

    /// <summary>What is written, or what the block asks.</summary>
    public TemplatePath? Path { get; init; }

    /// <summary>White space before it goes (<c>{{~</c>).</summary>
    public bool TrimsBefore { get; init; }

    /// <summary>White space after it goes (<c>~}}</c>).</summary>
    public bool TrimsAfter { get; init; }

    /// <summary>How many blocks it stands in.</summary>
    public int Depth { get; init; }

    public int End => Start + Source.Length;
}

/// <summary>The way to a value.</summary>
/// <param name="Up">From how many contexts out (<c>../</c>); -1 for the outermost.</param>
/// <param name="Segments">Names, one inside the other; none for the context itself.</param>
/// <param name="Marker">A loop's own value, such as <c>index</c> of <c>@index</c>; null for data.</param>
internal sealed record TemplatePath(int Up, IReadOnlyList<string> Segments, string? Marker)
{
    /// <summary>The outermost context.</summary>
    public const int Root = -1;

    /// <summary>As it was written.</summary>
    public string Written { get; init; } = "";

    public bool IsOfRoot => Up == Root && Marker is null;

    /// <summary>Whether it is one variable of the outermost context.</summary>
    public bool Is(string variable) => IsOfRoot && Segments is [var only] && only == variable;

    /// <summary>The one way of writing it: no helper, no value of another context can stand in its place.</summary>
    public string Canonical =>
        Marker is not null ? $"@{Marker}"
        : IsOfRoot ? $"@root.{string.Join('.', Segments.Select(Bracketed))}"
        : $"{string.Concat(Enumerable.Repeat("../", Up))}this{string.Concat(Segments.Select(s => $".{Bracketed(s)}"))}";

    private static string Bracketed(string segment) => $"[{segment}]";
}

/// <summary>What is wrong with a template, and where.</summary>
/// <param name="Offset">In the source, in characters from 0; null where it has no place.</param>
/// <param name="IsContent">A draft may have it.</param>
internal sealed record TemplateFault(string Message, int? Offset, bool IsContent = false);

/// <summary>Variables that every template has.</summary>
internal static class TemplateVariables
{
    public const string Metadata = "metadata";
    public const string UnsubscribeUrl = "unsubscribe_url";
    public const string PreferencesUrl = "preferences_url";
    public const string PostalAddress = "postal_address";

    public static IReadOnlyList<string> All { get; } =
    ["name", "email", Metadata, UnsubscribeUrl, PreferencesUrl, PostalAddress];

    /// <summary>Whether we made the value, so that it may be a whole address.</summary>
    public static bool IsUrl(TemplatePath path) => path.Is(UnsubscribeUrl) || path.Is(PreferencesUrl);
}

/// <summary>Places in a text as people count them.</summary>
internal static class TextPlaces
{
    /// <summary>Line and column, both from 1; a line ends with LF, CR or both.</summary>
    public static (int Line, int Column) At(string text, int offset)
    {
        var (line, start) = (1, 0);
        for (var i = 0; i < offset && i < text.Length; i++)
        {
            if (text[i] != '\n' && (text[i] != '\r' || (i + 1 < text.Length && text[i + 1] == '\n')))
                continue;

            line++;
            start = i + 1;
        }

        return (line, offset - start + 1);
    }
}
