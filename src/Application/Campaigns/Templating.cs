using System.Text.Json;

namespace SchemaHub.Application.Campaigns;

/// <summary>Makes templates ready to be filled in.</summary>
public interface ITemplateCompiler
{
    /// <summary>Makes a template ready; it serves any number of threads.</summary>
    /// <exception cref="TemplateBrokenException">
    /// Its Handlebars are broken, or it costs too much (<see cref="TemplateTooCostlyException"/>).
    /// </exception>
    ICompiledTemplate Compile(string subject, string html, string text, CancellationToken cancellation = default);
}

/// <summary>A template that is ready to be filled in.</summary>
public interface ICompiledTemplate
{
    /// <summary>Fills it in for one recipient. Whatever the data hold, they become text: no HTML, no header.</summary>
    /// <exception cref="TemplateTooCostlyException">With these data it is too long or turns too often.</exception>
    RenderedMail Render(Recipient recipient, CancellationToken cancellation = default);
}

/// <summary>What a template is filled in with.</summary>
/// <param name="Metadata">The contact's JSON object: <c>{{metadata.city}}</c>.</param>
/// <param name="UnsubscribeUrl"><c>{{unsubscribe_url}}</c>.</param>
/// <param name="PreferencesUrl"><c>{{preferences_url}}</c>.</param>
/// <param name="PostalAddress"><c>{{postal_address}}</c>.</param>
public sealed record Recipient(
    string Email,
    string? Name,
    JsonElement? Metadata,
    string UnsubscribeUrl,
    string PreferencesUrl,
    string PostalAddress
);

/// <summary>A mail as one recipient gets it.</summary>
public sealed record RenderedMail(string Subject, string Html, string Text);

/// <summary>A template cannot be read.</summary>
/// <param name="field">The field at fault, such as <c>Html</c>.</param>
public class TemplateBrokenException(string field, string message, int? line, int? column) : Exception(message)
{
    /// <summary>The field at fault.</summary>
    public string Field { get; } = field;

    /// <summary>From 1, where it is known.</summary>
    public int? Line { get; } = line;

    /// <inheritdoc cref="Line"/>
    public int? Column { get; } = column;
}
