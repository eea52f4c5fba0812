using System.Buffers;
using System.Globalization;
using System.Text;
using HandlebarsDotNet;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// Handlebars, told how to write data: each expression names the way it is written, by the place where it stands, and
/// the engine's own escaping is off. A template cannot name these helpers itself.
/// </summary>
internal static class TemplateEngine
{
    private const string Nothing = "nothing";
    private const string Step = "step";

    private static readonly SearchValues<char> s_blank = SearchValues.Create(" \t\r\n\f\v");
    private static readonly SemaphoreSlim s_compiling = new(1, 1);
    private static readonly IHandlebars s_engine = Create();

    [ThreadStatic]
    private static HashSet<string>? t_unresolved;

    /// <summary>A template, ready: it writes itself, filled in with data.</summary>
    /// <exception cref="HandlebarsException">The engine cannot read it.</exception>
    /// <param name="keepsLines">A line of nothing but a block's tag is a line all the same.</param>
    public static HandlebarsTemplate<TextWriter, object, object> Compile(
        IReadOnlyList<TemplatePart> parts,
        Func<TemplatePart, string> way,
        bool keepsLines,
        CancellationToken cancellation
    )
    {
        using var source = new StringReader(Written(parts, way, keepsLines));
        s_compiling.Wait(cancellation);
        try
        {
            return s_engine.Compile(source);
        }
        finally
        {
            s_compiling.Release();
        }
    }

    /// <summary>Runs, and gathers the variables that the data had nothing for.</summary>
    public static IReadOnlyCollection<string> Unresolved(Action render)
    {
        t_unresolved = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            render();
            return t_unresolved;
        }
        finally
        {
            t_unresolved = null;
        }
    }

    /// <summary>Ways of writing a value.</summary>
    public static class Ways
    {
        /// <summary>In HTML, and in its attributes.</summary>
        public const string Html = "html";

        /// <summary>In HTML, line ends being shown.</summary>
        public const string Lines = "lines";

        /// <summary>Within an address.</summary>
        public const string Address = "address";

        /// <summary>As it is.</summary>
        public const string Plain = "plain";
    }

    private static string Written(IReadOnlyList<TemplatePart> parts, Func<TemplatePart, string> way, bool keepsLines)
    {
        var source = new StringBuilder();
        var steps = LoopSteps.Of(parts);
        for (var i = 0; i < parts.Count; i++)
        {
            var part = parts[i];
            if (part.Kind == PartKind.Literal)
            {
                AppendLiteral(
                    source,
                    part,
                    i > 0 && !keepsLines && steps[i - 1] > 0 ? (parts[i - 1], steps[i - 1]) : null
                );
                continue;
            }

            source.Append(part.TrimsBefore ? "{{~" : "{{");
            source.Append(
                part.Kind switch
                {
                    PartKind.Output => $"{way(part)} {part.Path!.Canonical} \"{part.Path.Written}\"",
                    PartKind.Open => $"#{part.Keyword} {part.Path!.Canonical}",
                    PartKind.Else when part.Keyword is not null => $"else {part.Keyword} {part.Path!.Canonical}",
                    PartKind.Else => "else",
                    _ => $"/{part.Keyword}",
                }
            );
            source.Append(part.TrimsAfter ? "~}}" : "}}");
            // The engine drops the rest of a line that holds one tag only.
            if (keepsLines && part.Kind != PartKind.Output)
                source.Append($"{{{{{Nothing}}}}}");

            // Where a text follows, its white space comes first: what belongs to the line of the tag.
            var isTextNext = i + 1 < parts.Count && parts[i + 1].Kind == PartKind.Literal;
            if (steps[i] > 0 && (keepsLines || !isTextNext))
                AppendStep(source, steps[i]);
        }

        return source.ToString();
    }

    // What the engine takes off after a tag, which it only does where the text follows the tag.
    private static void AppendLiteral(StringBuilder source, TemplatePart part, (TemplatePart Loop, int Steps)? begun)
    {
        var text = part.Source;
        var split = 0;
        if (begun is { } loop)
        {
            var spaces = text.AsSpan().IndexOfAnyExcept(s_blank);
            var blank = loop.Loop.TrimsAfter ? (spaces < 0 ? text.Length : spaces) : text.IndexOf('\n') + 1;
            split = string.IsNullOrWhiteSpace(text[..blank]) ? blank : 0;
        }

        source.Append(text, 0, split);
        if (begun is { Steps: var steps })
            AppendStep(source, steps);

        source.Append(text, split, text.Length - split);
    }

    private static void AppendStep(StringBuilder source, int steps) =>
        source.Append(CultureInfo.InvariantCulture, $"{{{{{Step} {steps}}}}}");

    private static IHandlebars Create()
    {
        var engine = Handlebars.Create(
            new HandlebarsConfiguration
            {
                NoEscape = true,
                FileSystem = null,
                ThrowOnUnresolvedBindingExpression = false,
                ObjectDescriptorProviders = { new TemplateValues() },
            }
        );
        engine.RegisterHelper(Nothing, (_, _, _) => { });
        engine.RegisterHelper(
            Step,
            (_, _, values) => RenderingBudget.Spend(Convert.ToInt32(values[0], CultureInfo.InvariantCulture))
        );
        engine.RegisterHelper(Ways.Html, (writer, _, values) => Write(writer, values, MailText.Html));
        engine.RegisterHelper(Ways.Lines, (writer, _, values) => Write(writer, values, MailText.HtmlLines));
        engine.RegisterHelper(Ways.Address, (writer, _, values) => Write(writer, values, Uri.EscapeDataString));
        engine.RegisterHelper(Ways.Plain, (writer, _, values) => Write(writer, values, text => text));
        return engine;
    }

    private static void Write(in EncodedTextWriter writer, in Arguments values, Func<string, string> encoded)
    {
        var text = MailValues.TextOf(values[0]);
        if (text.Length > 0)
            writer.Write(encoded(text), encode: false);
        else
            t_unresolved?.Add((string)values[1]!);
    }
}
