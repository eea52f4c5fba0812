namespace SchemaHub.Application.Campaigns;

/// <summary>
/// What one template may cost, counted in things and steps and never in time, so that the same template is refused on
/// every machine. Only MJML, which another program compiles, has a budget in seconds.
/// </summary>
public static class TemplateBudgets
{
    /// <summary>Expressions and the texts between them, of one part of a template.</summary>
    public const int Parts = 2_000;

    /// <summary>Characters of one expression.</summary>
    public const int ExpressionCharacters = 500;

    /// <summary>Elements of the HTML, the ones that a parser adds included.</summary>
    public const int Elements = 20_000;

    /// <summary>Elements that stand in one another.</summary>
    public const int Depth = 100;

    /// <summary>Attributes of one element.</summary>
    public const int Attributes = 200;

    /// <summary>What a parser does for the elements: for each of them, as many steps as it is deep.</summary>
    public const int ParserSteps = 2_000_000;

    /// <summary>What filling in a mail does: each turn of a loop, as many steps as there are parts in it.</summary>
    public const int RenderingSteps = 200_000;

    /// <summary>Characters of one part of a mail that is filled in.</summary>
    public const int RenderedCharacters = 2 * 1024 * 1024;

    /// <summary>Tags of MJML that stand in one another.</summary>
    public const int MjmlDepth = 100;

    /// <summary>Tags of MJML.</summary>
    public const int MjmlTags = 20_000;

    /// <summary>Problems that are looked for; more are of the same kind.</summary>
    public const int Problems = 100;
}

/// <summary>A template costs more than one may, or would for these data. It is not worked on further.</summary>
/// <param name="field">The field at fault, such as <c>Html</c>.</param>
/// <param name="budget">The budget's stable name, such as <c>rendering_steps</c>.</param>
public sealed class TemplateTooCostlyException(string field, string budget, long limit, string what)
    : TemplateBrokenException(field, $"{what}: the budget {budget} is {limit:N0}.", line: null, column: null)
{
    /// <summary>The stable code of this refusal.</summary>
    public const string Code = "template.too_costly";

    /// <summary>The budget's stable name.</summary>
    public string Budget { get; } = budget;

    /// <summary>Elements of HTML.</summary>
    public static TemplateTooCostlyException Elements(string field) =>
        new(field, "elements", TemplateBudgets.Elements, "The HTML has too many elements");

    /// <summary>Depth of HTML.</summary>
    public static TemplateTooCostlyException Depth(string field) =>
        new(field, "depth", TemplateBudgets.Depth, "Too many elements stand in one another");

    /// <summary>Attributes of an element.</summary>
    public static TemplateTooCostlyException Attributes(string field) =>
        new(field, "attributes", TemplateBudgets.Attributes, "An element has too many attributes");

    /// <summary>Work of the HTML parser.</summary>
    public static TemplateTooCostlyException ParserSteps(string field) =>
        new(field, "parser_steps", TemplateBudgets.ParserSteps, "The HTML is too entangled");

    /// <summary>Work of filling in.</summary>
    public static TemplateTooCostlyException RenderingSteps(string field) =>
        new(
            field,
            "rendering_steps",
            TemplateBudgets.RenderingSteps,
            "Filled in with these data, loops turn too often"
        );

    /// <summary>Length of a mail.</summary>
    public static TemplateTooCostlyException RenderedCharacters(string field) =>
        new(
            field,
            "rendered_characters",
            TemplateBudgets.RenderedCharacters,
            "Filled in for this recipient it is longer than a mail may be"
        );

    /// <summary>Pieces of a template.</summary>
    public static TemplateTooCostlyException Parts(string field) =>
        new(field, "parts", TemplateBudgets.Parts, "There are too many expressions");

    /// <summary>Tags of MJML.</summary>
    public static TemplateTooCostlyException MjmlTags() =>
        new(Mjml, "mjml_tags", TemplateBudgets.MjmlTags, "The MJML has too many tags");

    /// <summary>Depth of MJML.</summary>
    public static TemplateTooCostlyException MjmlDepth() =>
        new(Mjml, "mjml_depth", TemplateBudgets.MjmlDepth, "Too many tags of MJML stand in one another");

    /// <summary>Time of compiling MJML.</summary>
    public static TemplateTooCostlyException MjmlSeconds(int seconds) =>
        new(Mjml, "mjml_seconds", seconds, "Compiling the MJML takes too long and was given up");

    /// <summary>Memory of compiling MJML.</summary>
    public static TemplateTooCostlyException MjmlMegabytes(int megabytes) =>
        new(Mjml, "mjml_megabytes", megabytes, "Compiling the MJML takes too much memory and was given up");

    /// <summary>Length of the HTML that MJML makes.</summary>
    public static TemplateTooCostlyException MjmlHtml() =>
        new(
            Mjml,
            "rendered_characters",
            TemplateBudgets.RenderedCharacters,
            "The HTML that the MJML makes is too long"
        );

    private const string Mjml = nameof(SaveTemplate.MjmlContent);
}
