using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <inheritdoc cref="ITemplateWorkshop"/>
internal sealed class TemplateWorkshop(ITemplateCompiler compiler) : ITemplateWorkshop
{
    // More are of the same kind, and nobody reads them.
    private const int MostProblems = 20;

    /// <inheritdoc/>
    public ReviewedTemplate Review(TemplateSource source)
    {
        var problems = Problems(nameof(source.Subject), TemplateScanner.Scan(source.Subject), source.IsDraft);
        var field = source.Mjml is null ? "HtmlContent" : "MjmlContent";
        if (source.Mjml is { } mjml)
            problems.AddRange(Problems(field, TemplateScanner.Scan(mjml), source.IsDraft));

        var html = TemplateScanner.Scan(source.Html);
        if (source.Mjml is null)
            problems.AddRange(Problems(field, html, source.IsDraft));

        if (problems.Count > 0)
            return Refused(problems);

        var text = "";
        problems.AddRange(Body(html, source, ref text).Select(fault => Told(field, fault, source)));
        return problems.Count > 0 ? Refused(problems) : Compiled(source, text, field);
    }

    /// <inheritdoc/>
    public ShownTemplate Show(string subject, string html, string text, Recipient recipient)
    {
        var compiled = compiler.Compile(subject, html, text);
        RenderedMail? mail = null;
        var unresolved = TemplateEngine.Unresolved(() => mail = compiled.Render(recipient));
        return new ShownTemplate(mail!, unresolved);
    }

    private static List<TemplateFault> Body(ScannedTemplate html, TemplateSource source, ref string text)
    {
        // Of what MJML made, faults of syntax would be found in the MJML.
        var faults = html.Faults.Where(fault => !fault.IsContent).ToList();
        faults.AddRange(HtmlPlaces.Of(html).Faults);
        if (faults.Count > 0)
            return faults;

        var document = TemplateDocument.Of(html);
        faults.AddRange(HtmlRules.Check(document));
        var (plain, shown) = PlainText.Of(document);
        text = plain;
        if (!source.IsDraft)
            faults.AddRange(RequiredParts(document, shown));

        return faults;
    }

    private static IEnumerable<TemplateFault> RequiredParts(
        TemplateDocument document,
        IReadOnlyList<TemplatePart> shown
    )
    {
        if (!shown.Any(part => part.Depth == 0 && part.Path!.Is(TemplateVariables.PostalAddress)))
            yield return new TemplateFault(
                "The sender's postal address is missing: every mail shows {{postal_address}}, outside of any condition.",
                Offset: null,
                IsContent: true
            );

        var links = document
            .Document.QuerySelectorAll("a[href]")
            .Select(link => document.Expressions(link.GetAttribute("href")!.Trim()).ToList());
        if (
            !links.Any(link =>
                link is [{ Depth: 0 } only] && only.Path!.Is(TemplateVariables.UnsubscribeUrl) && shown.Contains(only)
            )
        )
            yield return new TemplateFault(
                "The link to unsubscribe is missing: every mail has a link to {{unsubscribe_url}}, outside of any "
                    + "condition, such as <a href=\"{{unsubscribe_url}}\">Unsubscribe</a>.",
                Offset: null,
                IsContent: true
            );
    }

    // Whatever else the engine refuses is found now, not when a million mails are waiting.
    private ReviewedTemplate Compiled(TemplateSource source, string text, string field)
    {
        try
        {
            compiler.Compile(source.Subject, source.Html, text);
            return new ReviewedTemplate(text, []);
        }
        catch (TemplateBrokenException broken)
        {
            var at = broken.Field == nameof(RenderedMail.Subject) ? broken.Field : field;
            return Refused([new TemplateProblem(at, broken.Message, broken.Line, broken.Column)]);
        }
    }

    private static ReviewedTemplate Refused(IEnumerable<TemplateProblem> problems) =>
        new("", [.. problems.Take(MostProblems)]);

    private static List<TemplateProblem> Problems(string field, ScannedTemplate template, bool isDraft) =>
        [
            .. template
                .Faults.Where(fault => !isDraft || !fault.IsContent)
                .OrderBy(fault => fault.Offset)
                .Select(fault => Placed(field, fault.Message, template.Source, fault.Offset)),
        ];

    private static TemplateProblem Told(string field, TemplateFault fault, TemplateSource source) =>
        source.Mjml is null
            ? Placed(field, fault.Message, source.Html, fault.Offset)
            : Placed(field, fault.Message, source.Mjml, OffsetInMjml(fault.Message, source.Mjml));

    // A place in the HTML made of it says nothing to whoever wrote MJML; the expression at fault is there once, mostly.
    private static int? OffsetInMjml(string message, string mjml)
    {
        var end = message.IndexOf("}}", StringComparison.Ordinal);
        if (end < 0 || !message.StartsWith("{{", StringComparison.Ordinal))
            return null;

        var expression = message[..(end + 2)];
        var at = mjml.IndexOf(expression, StringComparison.Ordinal);
        return at >= 0 && mjml.IndexOf(expression, at + 1, StringComparison.Ordinal) < 0 ? at : null;
    }

    private static TemplateProblem Placed(string field, string message, string source, int? offset)
    {
        (int Line, int Column)? place = offset is { } known ? TextPlaces.At(source, known) : null;
        return new TemplateProblem(field, message, place?.Line, place?.Column);
    }
}
