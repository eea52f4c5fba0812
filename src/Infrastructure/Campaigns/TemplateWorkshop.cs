using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <inheritdoc cref="ITemplateWorkshop"/>
internal sealed class TemplateWorkshop(ITemplateCompiler compiler) : ITemplateWorkshop
{
    // More are of the same kind, and nobody reads them.
    private const int MostProblems = 20;

    /// <inheritdoc/>
    public ReviewedTemplate Review(TemplateSource source, CancellationToken cancellation = default)
    {
        var field = source.Mjml is null ? "HtmlContent" : "MjmlContent";
        // Of what MJML made, faults of syntax are those of the MJML.
        var faults = Placed(nameof(source.Subject), TemplateScanner.Scan(source.Subject, nameof(source.Subject)))
            .Concat(Placed(field, TemplateScanner.Scan(source.Mjml ?? source.Html, field)))
            .ToList();
        var text = "";
        if (faults.TrueForAll(fault => fault.IsContent))
            faults.AddRange(Body(source, ref text, cancellation).Select(fault => Told(field, fault, source)));

        var problems = Chosen(faults, isContent: false);
        if (problems.Count == 0)
            problems = Compiled(source, text, field, cancellation);

        var lacks = Chosen(faults, isContent: true);
        if (!source.IsDraft)
            problems = [.. problems, .. lacks];

        return new ReviewedTemplate(problems.Count > 0 ? "" : text, problems, lacks);
    }

    /// <inheritdoc/>
    public ShownTemplate Show(
        string subject,
        string html,
        string text,
        Recipient recipient,
        CancellationToken cancellation = default
    )
    {
        var compiled = compiler.Compile(subject, html, text, cancellation);
        RenderedMail? mail = null;
        var unresolved = TemplateEngine.Unresolved(() => mail = compiled.Render(recipient, cancellation));
        return new ShownTemplate(mail!, unresolved);
    }

    private static List<TemplateFault> Body(TemplateSource source, ref string text, CancellationToken cancellation)
    {
        var html = TemplateScanner.Scan(source.Html);
        var faults = html.Faults.Where(fault => !fault.IsContent).ToList();
        faults.AddRange(HtmlPlaces.Of(html).Faults);
        if (faults.Count > 0)
            return faults;

        cancellation.ThrowIfCancellationRequested();
        var document = TemplateDocument.Of(html, cancellation);
        faults.AddRange(HtmlRules.Check(document));
        var (plain, shown) = PlainText.Of(document);
        text = plain;
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
                "The sender's postal address is missing: every mail shows {{postal_address}}, outside of conditions.",
                Offset: null,
                IsContent: true
            );

        var links = document
            .Document.QuerySelectorAll("a[href]")
            .Select(link => document.Pieces(link.GetAttribute("href")!.Trim()).ToList());
        if (!links.Any(link => link is [(null, { Depth: 0 } only)] && IsWayOut(only) && shown.Contains(only)))
            yield return new TemplateFault(
                "The link to unsubscribe is missing: every mail has a link to {{unsubscribe_url}}, outside of any "
                    + "condition, such as <a href=\"{{unsubscribe_url}}\">Unsubscribe</a>.",
                Offset: null,
                IsContent: true
            );
    }

    private static bool IsWayOut(TemplatePart part) => part.Path!.Is(TemplateVariables.UnsubscribeUrl);

    // Whatever else the engine refuses is found now, not when a million mails are waiting.
    private IReadOnlyList<TemplateProblem> Compiled(
        TemplateSource source,
        string text,
        string field,
        CancellationToken cancellation
    )
    {
        try
        {
            compiler.Compile(source.Subject, source.Html, text, cancellation);
            return [];
        }
        catch (TemplateBrokenException broken) when (broken is not TemplateTooCostlyException)
        {
            var at = broken.Field == nameof(RenderedMail.Subject) ? broken.Field : field;
            return [new TemplateProblem(at, broken.Message, broken.Line, broken.Column)];
        }
    }

    private static IReadOnlyList<TemplateProblem> Chosen(List<PlacedFault> faults, bool isContent) =>
        [.. faults.Where(fault => fault.IsContent == isContent).Select(fault => fault.Problem).Take(MostProblems)];

    private static IEnumerable<PlacedFault> Placed(string field, ScannedTemplate template) =>
        template
            .Faults.Concat(ForeignTags.Known.Check(template))
            .OrderBy(fault => fault.Offset)
            .Select(fault => Placed(field, fault, template.Source, fault.Offset));

    private static PlacedFault Told(string field, TemplateFault fault, TemplateSource source) =>
        source.Mjml is null
            ? Placed(field, fault, source.Html, fault.Offset)
            : Placed(field, fault, source.Mjml, OffsetInMjml(fault.Message, source.Mjml));

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

    private static PlacedFault Placed(string field, TemplateFault fault, string source, int? offset)
    {
        (int Line, int Column)? place = offset is { } known ? TextPlaces.At(source, known) : null;
        return new PlacedFault(new TemplateProblem(field, fault.Message, place?.Line, place?.Column), fault.IsContent);
    }

    private sealed record PlacedFault(TemplateProblem Problem, bool IsContent);
}
