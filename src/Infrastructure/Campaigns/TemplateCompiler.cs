using HandlebarsDotNet;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <inheritdoc cref="ITemplateCompiler"/>
internal sealed class TemplateCompiler : ITemplateCompiler
{
    // Longer than any of the schemes that are looked for.
    private const int AddressStart = 16;

    /// <inheritdoc/>
    public ICompiledTemplate Compile(string subject, string html, string text, CancellationToken cancellation = default)
    {
        var (scannedSubject, scannedHtml, scannedText) = (
            Read(nameof(RenderedMail.Subject), subject),
            Read(nameof(RenderedMail.Html), html),
            Read(nameof(RenderedMail.Text), text)
        );
        var (places, faults) = HtmlPlaces.Of(scannedHtml);
        Require(nameof(RenderedMail.Html), scannedHtml, faults);
        return new CompiledTemplate(
            new MailValues(scannedSubject, scannedHtml, scannedText),
            Ready(nameof(RenderedMail.Subject), scannedSubject, _ => TemplateEngine.Ways.Plain, cancellation),
            Ready(nameof(RenderedMail.Html), scannedHtml, part => WayOf(part, places[part]), cancellation),
            Ready(nameof(RenderedMail.Text), scannedText, WaysInText(scannedText), cancellation)
        );
    }

    private static ScannedTemplate Read(string field, string source)
    {
        var scanned = TemplateScanner.Scan(source, field);
        Require(field, scanned, scanned.Faults);
        return scanned;
    }

    private static void Require(string field, ScannedTemplate template, IReadOnlyList<TemplateFault> faults)
    {
        if (faults.FirstOrDefault(fault => !fault.IsContent) is not { } fault)
            return;

        (int Line, int Column)? place = fault.Offset is { } offset ? TextPlaces.At(template.Source, offset) : null;
        throw new TemplateBrokenException(field, fault.Message, place?.Line, place?.Column);
    }

    private static HandlebarsTemplate<TextWriter, object, object> Ready(
        string field,
        ScannedTemplate template,
        Func<TemplatePart, string> way,
        CancellationToken cancellation
    )
    {
        try
        {
            var keepsLines = field == nameof(RenderedMail.Text);
            return TemplateEngine.Compile(template.Parts, way, keepsLines, cancellation);
        }
        catch (HandlebarsException broken)
        {
            // What the scanner let through the engine reads; should it not, the template is refused all the same.
            throw new TemplateBrokenException(field, broken.Message, line: null, column: null);
        }
    }

    private static string WayOf(TemplatePart part, HtmlPlace place) =>
        place switch
        {
            HtmlPlace.InAddress => TemplateEngine.Ways.Address,
            HtmlPlace.Text when part.Path!.Is(TemplateVariables.PostalAddress) => TemplateEngine.Ways.Lines,
            _ => TemplateEngine.Ways.Html,
        };

    // What stands in an address in HTML stands in the same address in the text.
    private static Func<TemplatePart, string> WaysInText(ScannedTemplate text)
    {
        var inAddress = new HashSet<TemplatePart>(ReferenceEqualityComparer.Instance);
        var before = "";
        foreach (var part in text.Parts)
        {
            if (part.Kind == PartKind.Output && IsAddress(before) && !TemplateVariables.IsUrl(part.Path!))
                inAddress.Add(part);

            before = part.Kind switch
            {
                PartKind.Literal => LastWord(part.Source.Any(char.IsWhiteSpace) ? part.Source : before + part.Source),
                PartKind.Output when TemplateVariables.IsUrl(part.Path!) => "https://",
                PartKind.Output => before,
                _ => "",
            };
        }

        return part => inAddress.Contains(part) ? TemplateEngine.Ways.Address : TemplateEngine.Ways.Plain;
    }

    private static string LastWord(string text)
    {
        var start = text.Length;
        while (start > 0 && !char.IsWhiteSpace(text[start - 1]) && text[start - 1] is not ('(' or ')'))
            start--;

        // What an address begins with tells it; a word that grew with each part would cost the square of its length.
        return text[start..Math.Min(text.Length, start + AddressStart)];
    }

    private static bool IsAddress(string word) =>
        word.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
        || word.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
        || word.StartsWith("tel:", StringComparison.OrdinalIgnoreCase);
}
