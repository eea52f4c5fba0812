using FluentValidation;
using FluentValidation.Results;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Records;
using SchemaHub.Domain.Campaigns;

namespace SchemaHub.Application.Campaigns;

/// <summary>Makes a template, or replaces one.</summary>
/// <param name="HtmlContent">What is sent; made of <paramref name="MjmlContent"/> where that is given.</param>
/// <param name="IsDraft">Being written: no campaign sends it, and it may lack what a mail must have.</param>
/// <param name="Id">Of the template to be replaced; null for a new one.</param>
/// <param name="ExpectedVersion">The version the caller saw.</param>
[Requires("campaigns:write")]
public sealed record SaveTemplate(
    string? Name,
    string? Subject,
    string? HtmlContent = null,
    string? MjmlContent = null,
    bool IsDraft = false,
    long? Id = null,
    long? ExpectedVersion = null
) : ICommand;

internal sealed class SaveTemplateValidator : AbstractValidator<SaveTemplate>
{
    public SaveTemplateValidator()
    {
        RuleFor(command => command.Name).NotBlank().PlainText(255);
        RuleFor(command => command.Subject).NotBlank().PlainText(255);
        RuleFor(command => command.HtmlContent).TemplateBody();
        RuleFor(command => command.MjmlContent).TemplateBody();
    }
}

internal sealed class SaveTemplateHandler(
    IEventLog log,
    TemplateStreams streams,
    ITemplateWorkshop workshop,
    TemplateBodies bodies
) : ICommandHandler<SaveTemplate>
{
    public async Task<Position> Handle(SaveTemplate command, CancellationToken cancellation)
    {
        var stream = command.Id is { } id ? await streams.Find(id, cancellation) : Guid.CreateVersion7();
        var before = command.Id is null ? null : await streams.Load(stream, cancellation);
        var html = await bodies.Html(command.HtmlContent, command.MjmlContent, before, cancellation);
        var reviewed = workshop.Review(
            new TemplateSource(command.Subject!, html, command.MjmlContent, command.IsDraft),
            cancellation
        );
        TemplateBodies.RequireSound(reviewed.Problems);
        var saved = new TemplateSaved(
            command.Name!,
            command.Subject!,
            html,
            command.MjmlContent,
            reviewed.Text,
            command.IsDraft
        );
        return await log.Change<EmailTemplate, TemplateEvent>(
            stream,
            template => command.Id is null ? template.Save(saved) : template.Replace(saved),
            cancellation,
            command.ExpectedVersion,
            expectNew: command.Id is null
        );
    }
}

/// <summary>Finds the streams of templates.</summary>
internal sealed class TemplateStreams(IEventLog log, IStreamDirectory directory, CommandContext context)
{
    /// <exception cref="NotFoundException">There is none with this id.</exception>
    public async Task<Guid> Find(long id, CancellationToken cancellation) =>
        await directory.Find(context.Tenant, id, EmailTemplate.StreamType, cancellation)
        ?? throw new NotFoundException("template");

    /// <summary>What it says now.</summary>
    /// <exception cref="NotFoundException">It was deleted.</exception>
    public async Task<TemplateSaved> Load(Guid stream, CancellationToken cancellation) =>
        (await log.Load<EmailTemplate, TemplateEvent>(stream, cancellation)).State.Current
        ?? throw new NotFoundException("template");
}

/// <summary>The HTML of what people write.</summary>
internal sealed class TemplateBodies(IMjmlCompiler mjml, CommandContext context)
{
    /// <summary>The HTML that is sent.</summary>
    /// <param name="before">What was saved, whose HTML is taken where its MJML is the same.</param>
    /// <exception cref="ValidationException">The MJML is broken.</exception>
    public async Task<string> Html(string? html, string? source, TemplateSaved? before, CancellationToken cancellation)
    {
        if (source is null)
            return html ?? "";

        // Another name or subject can be given where there is no Node, too.
        if (source == before?.Mjml)
            return before.Html;

        var compiled = await mjml.Compile(source, context.OrganizationId, cancellation);
        RequireSound(compiled.Problems);
        return compiled.Html!;
    }

    /// <exception cref="ValidationException">There are problems.</exception>
    public static void RequireSound(IReadOnlyList<TemplateProblem> problems)
    {
        if (problems.Count > 0)
            throw new ValidationException(
                problems.Select(problem => new ValidationFailure(problem.Field, problem.Told))
            );
    }
}

/// <summary>Rules of form that templates share.</summary>
internal static class TemplateRules
{
    /// <summary>The most of one body, in characters.</summary>
    public const int MostCharacters = 1_048_576;

    public static IRuleBuilderOptions<T, string?> TemplateBody<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Prose(MostCharacters)
            .Must(text => text?.AsSpan().IndexOfAnyInRange('\uE000', '\uF8FF') is null or < 0)
            .WithMessage("{PropertyName} holds a character of private use.")
            .Must(text => text is null || IsWhole(text))
            .WithMessage("{PropertyName} holds half of a character.");

    private static bool IsWhole(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;

            if (!char.IsSurrogatePair(text, i))
                return false;

            i++;
        }

        return true;
    }
}
