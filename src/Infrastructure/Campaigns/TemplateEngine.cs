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

    private static readonly Lock s_compiling = new();
    private static readonly IHandlebars s_engine = Create();

    [ThreadStatic]
    private static HashSet<string>? t_unresolved;

    /// <summary>A template, ready: it writes itself, filled in with data.</summary>
    /// <exception cref="HandlebarsException">The engine cannot read it.</exception>
    /// <param name="keepsLines">A line of nothing but a block's tag is a line all the same.</param>
    public static HandlebarsTemplate<TextWriter, object, object> Compile(
        IReadOnlyList<TemplatePart> parts,
        Func<TemplatePart, string> way,
        bool keepsLines
    )
    {
        using var source = new StringReader(Written(parts, way, keepsLines));
        lock (s_compiling)
            return s_engine.Compile(source);
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
        foreach (var part in parts)
        {
            if (part.Kind == PartKind.Literal)
            {
                source.Append(part.Source);
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
        }

        return source.ToString();
    }

    private static IHandlebars Create()
    {
        var engine = Handlebars.Create(
            new HandlebarsConfiguration
            {
                NoEscape = true,
                FileSystem = null,
                ThrowOnUnresolvedBindingExpression = false,
            }
        );
        engine.RegisterHelper(Nothing, (_, _, _) => { });
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
