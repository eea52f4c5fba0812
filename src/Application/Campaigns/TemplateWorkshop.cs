namespace SchemaHub.Application.Campaigns;

/// <summary>Looks a template over before it is kept, and shows what it makes.</summary>
public interface ITemplateWorkshop
{
    /// <summary>Derives the plain text, and says what is wrong.</summary>
    /// <exception cref="TemplateTooCostlyException">It costs more than a template may.</exception>
    ReviewedTemplate Review(TemplateSource source, CancellationToken cancellation = default);

    /// <summary>Fills it in, and says what the data had nothing for.</summary>
    /// <exception cref="TemplateBrokenException">Its Handlebars are broken, or unsafe.</exception>
    ShownTemplate Show(
        string subject,
        string html,
        string text,
        Recipient recipient,
        CancellationToken cancellation = default
    );
}

/// <summary>A template as somebody writes it.</summary>
/// <param name="Html">What is sent, made of <paramref name="Mjml"/> where that is there.</param>
/// <param name="Mjml">The source that people see, so that faults are told by its places.</param>
public sealed record TemplateSource(string Subject, string Html, string? Mjml, bool IsDraft);

/// <summary>What was found.</summary>
/// <param name="Text">The plain-text alternative, with the same Handlebars; empty where there are problems.</param>
/// <param name="Problems">What keeps it from being saved.</param>
/// <param name="Lacks">What a draft has yet to mend before it can be sent.</param>
public sealed record ReviewedTemplate(
    string Text,
    IReadOnlyList<TemplateProblem> Problems,
    IReadOnlyList<TemplateProblem> Lacks
);

/// <summary>What is wrong with a template, and where.</summary>
/// <param name="Field"><c>Subject</c>, <c>HtmlContent</c> or <c>MjmlContent</c>.</param>
/// <param name="Line">From 1, where it is known.</param>
/// <param name="Column"><inheritdoc cref="TemplateProblem" path="/param[@name='Line']"/></param>
public sealed record TemplateProblem(string Field, string Message, int? Line, int? Column)
{
    /// <summary>With its place, as people read it.</summary>
    public string Told =>
        Line is null ? Message
        : Column is null ? $"Line {Line}: {Message}"
        : $"Line {Line}, column {Column}: {Message}";
}

/// <summary>A template filled in.</summary>
/// <param name="Unresolved">Variables that the data had nothing for, as the template writes them.</param>
public sealed record ShownTemplate(RenderedMail Mail, IReadOnlyCollection<string> Unresolved);

/// <summary>Makes HTML of MJML.</summary>
public interface IMjmlCompiler
{
    /// <summary>The HTML, or what is wrong.</summary>
    /// <param name="organization">Organizations take turns.</param>
    /// <exception cref="MjmlUnavailableException">Node or the package is not there, or does not answer.</exception>
    /// <exception cref="MjmlBusyException">Too much is waiting.</exception>
    /// <exception cref="TemplateTooCostlyException">It takes too long, too much memory, or is too deep.</exception>
    Task<CompiledMjml> Compile(string mjml, Guid organization, CancellationToken cancellation);
}

/// <summary>What became of MJML.</summary>
/// <param name="Html">Null where there are problems.</param>
public sealed record CompiledMjml(string? Html, IReadOnlyList<TemplateProblem> Problems);

/// <summary>MJML cannot be compiled here and now; HTML can be saved all the same.</summary>
public sealed class MjmlUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
