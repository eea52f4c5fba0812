using System.Collections.Frozen;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Where in HTML an expression stands: it says how data are written there.</summary>
internal enum HtmlPlace
{
    /// <summary>In text.</summary>
    Text,

    /// <summary>In a quoted attribute.</summary>
    Attribute,

    /// <summary>Within an address that was begun already.</summary>
    InAddress,

    /// <summary>The whole beginning of an address.</summary>
    AddressStart,
}

/// <summary>
/// Follows a template's HTML as a browser's tokenizer does (WHATWG HTML, section 13.2.5), to know where each
/// expression stands. Data is safe in text and in quoted attributes, and nowhere else. A branch must end where it
/// began, so that what follows stands in the same place whichever branch is taken.
/// </summary>
internal sealed class HtmlPlaces
{
    private static readonly FrozenSet<string> s_addresses = Set("href src background");

    private static readonly FrozenSet<string> s_plain = Set(
        "abbr align alt bgcolor class color dir height id lang role summary title valign width"
    );

    private readonly ScannedTemplate _template;
    private readonly HtmlTokenizer _html = new();
    private readonly List<TemplateFault> _faults = [];
    private readonly Stack<HtmlPosition> _open = new();
    private readonly Dictionary<TemplatePart, HtmlPlace> _places = new(ReferenceEqualityComparer.Instance);

    private HtmlPlaces(ScannedTemplate template) => _template = template;

    /// <summary>The places of what is written, and what is wrong with places.</summary>
    public static (IReadOnlyDictionary<TemplatePart, HtmlPlace> Places, IReadOnlyList<TemplateFault> Faults) Of(
        ScannedTemplate template
    )
    {
        var places = new HtmlPlaces(template);
        places.Run();
        return (places._places, places._faults);
    }

    private void Run()
    {
        foreach (var part in _template.Parts)
        {
            switch (part.Kind)
            {
                case PartKind.Literal:
                    _html.Read(part.Source, part.Start);
                    break;
                case PartKind.Output:
                    Written(part);
                    break;
                case PartKind.Open:
                    RequireBranching(part);
                    _open.Push(_html.Position);
                    break;
                case PartKind.Else when _open.TryPeek(out var began):
                    RequireSame(part, began);
                    break;
                case PartKind.Close when _open.TryPop(out var began):
                    RequireSame(part, began);
                    break;
            }
        }
    }

    private void Written(TemplatePart part)
    {
        if (Refusal(part) is { } why)
            _faults.Add(new TemplateFault($"{part.Source} {why}", part.Start));
        else if (_html.Position.State != HtmlState.Value)
            _places[part] = HtmlPlace.Text;
        else if (!s_addresses.Contains(_html.Attribute))
            _places[part] = HtmlPlace.Attribute;
        else
            PlaceInAddress(part);

        if (_html.Position.State == HtmlState.Value)
            _html.IsValueBlank = false;
    }

    // Only an address of ours may decide what an address begins with: data could make it javascript:.
    private void PlaceInAddress(TemplatePart part)
    {
        _places[part] = _html.IsValueBlank ? HtmlPlace.AddressStart : HtmlPlace.InAddress;
        if (_html.IsValueBlank && !TemplateVariables.IsUrl(part.Path!))
            _faults.Add(
                new TemplateFault(
                    $"{part.Source} begins an address; begin it yourself, such as https://example.com/{part.Source}.",
                    part.Start
                )
            );
    }

    private void RequireBranching(TemplatePart part)
    {
        if (Refusal(part) is { } why)
            _faults.Add(new TemplateFault($"{part.Source} {why}", part.Start));
        else if (_html.Position.State == HtmlState.Value && s_addresses.Contains(_html.Attribute))
            _faults.Add(
                new TemplateFault(
                    $"{part.Source} stands in an address; put the block around the whole link.",
                    part.Start
                )
            );
    }

    private void RequireSame(TemplatePart part, HtmlPosition began)
    {
        if (_html.Position != began)
            _faults.Add(
                new TemplateFault(
                    $"{part.Source}: the block begins in another place of the HTML than it ends; each branch holds "
                        + "whole tags, or stays within one attribute.",
                    part.Start
                )
            );
    }

    private string? Refusal(TemplatePart part) =>
        _html.Position.State switch
        {
            HtmlState.Text => null,
            HtmlState.Raw when _html.Element == "title" => null,
            HtmlState.Raw => $"stands in <{_html.Element}>, where data cannot be made safe.",
            HtmlState.Comment => "stands in an HTML comment; use {{! }} to leave something out.",
            HtmlState.UnquotedValue or HtmlState.BeforeValue => "stands in an attribute without quotes.",
            HtmlState.Value when !s_addresses.Contains(_html.Attribute) && !IsPlain(_html.Attribute) =>
                $"stands in the attribute {_html.Attribute}, where data cannot be made safe.",
            HtmlState.Value => null,
            _ when part.Kind == PartKind.Output => "stands in a tag, outside of the quotes of an attribute.",
            _ => "stands in a tag; put the block around the whole element.",
        };

    private static bool IsPlain(string attribute) =>
        s_plain.Contains(attribute)
        || attribute.StartsWith("aria-", StringComparison.Ordinal)
        || attribute.StartsWith("data-", StringComparison.Ordinal);

    private static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
