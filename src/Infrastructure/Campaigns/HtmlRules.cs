using System.Collections.Frozen;
using System.Text.RegularExpressions;
using AngleSharp.Dom;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>
/// What a mail's HTML may hold: nothing that runs, nothing that asks, and links that lead somewhere safe.
/// </summary>
internal sealed partial class HtmlRules(TemplateDocument template)
{
    private static readonly FrozenSet<string> s_refused = (
        "script iframe frame frameset object embed applet form input button select textarea option datalist base "
        + "svg math template noscript noembed noframes xmp plaintext portal dialog audio video source track canvas slot"
    )
        .Split(' ')
        .ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> s_addresses = (
        "href src background action formaction cite data poster longdesc lowsrc dynsrc ping manifest codebase "
        + "xlink:href usemap srcset imagesrcset"
    )
        .Split(' ')
        .ToFrozenSet(StringComparer.Ordinal);

    private readonly List<TemplateFault> _faults = [];

    /// <summary>What is wrong.</summary>
    public static IReadOnlyList<TemplateFault> Check(TemplateDocument template)
    {
        var rules = new HtmlRules(template);
        foreach (var element in template.Document.All)
        {
            // Each is told with its place, which is looked for.
            if (rules._faults.Count >= TemplateBudgets.Problems)
                return rules._faults;

            rules.Check(element);
        }

        foreach (var comment in template.Document.Descendants<IComment>())
            rules.Check(comment);

        rules.RequireAll();
        return rules._faults;
    }

    // What the parser drops, as the second of two attributes of one name, another parser may not.
    private void RequireAll()
    {
        var texts = template.Document.Descendants<IText>().Select(text => text.Data);
        var values = template.Document.All.SelectMany(element => element.Attributes.Select(one => one.Value));
        var found = texts.Concat(values).SelectMany(template.Expressions).ToHashSet(ReferenceEqualityComparer.Instance);
        foreach (var lost in template.Outputs.Where(part => !found.Contains(part)))
            _faults.Add(
                new TemplateFault(
                    $"{lost.Source} stands where HTML is dropped, such as in a doubled attribute.",
                    lost.Start
                )
            );
    }

    private void Check(IElement element)
    {
        var name = element.LocalName;
        if (s_refused.Contains(name))
            Fault(element, $"<{name}> is not allowed in a mail.");

        if (name == "meta" && element.GetAttribute("http-equiv")?.Trim().ToLowerInvariant() == "refresh")
            Fault(element, "<meta http-equiv=\"refresh\"> is not allowed in a mail.");

        if (name == "link" && element.GetAttribute("rel")?.Trim().ToLowerInvariant() != "stylesheet")
            Fault(element, "<link> is allowed for style sheets only.");

        foreach (var attribute in element.Attributes)
        {
            if (attribute.Name.StartsWith("on", StringComparison.OrdinalIgnoreCase) || attribute.Name == "srcdoc")
                Fault(element, $"The attribute {attribute.Name} is not allowed in a mail.");
            else if (s_addresses.Contains(attribute.Name))
                CheckAddress(element, attribute);
        }
    }

    private void CheckAddress(IElement element, IAttr attribute)
    {
        var isLink = element.LocalName is "a" or "area" && attribute.Name == "href";
        var isSource = attribute.Name is "src" or "background" || element.LocalName == "link";
        if (!isLink && !isSource)
        {
            Fault(element, $"The attribute {attribute.Name} is not allowed in <{element.LocalName}>.");
            return;
        }

        var written = template.Written(attribute.Value);
        var pieces = template.Pieces(attribute.Value.Trim()).ToList();
        if (pieces is [(null, { } first), ..] && TemplateVariables.IsUrl(first.Path!))
            return;

        // What a browser leaves out of an address could hide its scheme.
        var begun = pieces is [({ } literal, null), ..] ? literal : "";
        if (begun.Any(char.IsControl) || !IsAllowed(begun, isLink, isWhole: pieces.Count == 1))
            Fault(
                element,
                isLink
                    ? $"{Shown(written)} is no address that a mail may lead to: it begins with https://, http://, "
                        + "mailto:, tel: or #, and names its host without variables."
                    : $"{Shown(written)} is no address to load from: it begins with https:// or http://, and names its "
                        + "host without variables."
            );
    }

    private static bool IsAllowed(string begun, bool isLink, bool isWhole) =>
        WebAddress().Match(begun) is { Success: true } web
            ? isWhole || web.Groups["path"].Length > 0
            : isLink
                && (
                    // A place within the mail.
                    begun.StartsWith('#')
                    || begun.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase)
                    || begun.StartsWith("tel:", StringComparison.OrdinalIgnoreCase)
                );

    // Outlook reads what stands in its conditional comments.
    private void Check(IComment comment)
    {
        if (
            comment.Data.TrimStart().StartsWith("[if", StringComparison.OrdinalIgnoreCase)
            && s_active.Match(comment.Data) is { Success: true } active
        )
            _faults.Add(
                new TemplateFault(
                    $"{Shown(active.Value)} is not allowed in a mail, in a comment neither.",
                    Offset: null
                )
            );
    }

    private void Fault(IElement element, string message) =>
        _faults.Add(new TemplateFault(message, template.OffsetOf(element)));

    private static string Shown(string text) => text.Length <= 80 ? text : $"{text[..80]}…";

    // The host ends before anything that a variable could stand for.
    [GeneratedRegex(
        @"^https?://[^\s/?#\\@]+((?<path>[/?#])|$)",
        RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex WebAddress();

    // Without backtracking: a template can be a million characters of what nearly matches.
    private static readonly Regex s_active = new(
        @"<\s*(script|form|iframe|object|embed|svg|meta[^>]*refresh)\b|\bon\w+\s*=|(javascript|vbscript|data)\s*:",
        RegexOptions.IgnoreCase
            | RegexOptions.ExplicitCapture
            | RegexOptions.CultureInvariant
            | RegexOptions.NonBacktracking,
        TimeSpan.FromSeconds(10)
    );
}
