using HandlebarsDotNet;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Campaigns;

/// <inheritdoc cref="ICompiledTemplate"/>
internal sealed class CompiledTemplate(
    MailValues values,
    HandlebarsTemplate<TextWriter, object, object> subject,
    HandlebarsTemplate<TextWriter, object, object> html,
    HandlebarsTemplate<TextWriter, object, object> text
) : ICompiledTemplate
{
    /// <inheritdoc/>
    public RenderedMail Render(Recipient recipient, CancellationToken cancellation = default)
    {
        var data = values.Of(recipient);
        RenderingBudget.Begin(cancellation);
        return new RenderedMail(
            MailText.Subject(Filled(subject, nameof(RenderedMail.Subject), data)),
            Filled(html, nameof(RenderedMail.Html), data),
            MailText.Text(Filled(text, nameof(RenderedMail.Text), data))
        );
    }

    private static string Filled(
        HandlebarsTemplate<TextWriter, object, object> template,
        string field,
        Dictionary<string, object?> data
    )
    {
        var writer = BoundedWriter.Rent(field);
        RenderingBudget.Enter(field);
        template(writer, data, null!);
        return writer.Return();
    }
}
