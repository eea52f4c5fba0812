using System.Collections.Concurrent;
using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Keeps the exact text that people are shown, once; consents name it by its SHA-256.</summary>
[Requires("contacts:write")]
public sealed record PublishWording(string Language, string Text) : ICommand
{
    /// <summary>The wording's identity, 64 lower-case hex characters.</summary>
    // Asked for before the text is validated, where the command has an idempotency key.
    public string Sha256 => ContentIds.Sha256(Text ?? "");
}

internal sealed class PublishWordingValidator : AbstractValidator<PublishWording>
{
    public PublishWordingValidator()
    {
        RuleFor(command => command.Text)
            .NotEmpty()
            .MaximumLength(10_000)
            // PostgreSQL's jsonb cannot hold U+0000.
            .Must(text => text?.Contains('\0') != true)
            .WithMessage("The text holds a null character.");
        RuleFor(command => command.Language).NotNull().Language();
    }
}

internal sealed class PublishWordingHandler(IEventLog log, CommandContext context) : ICommandHandler<PublishWording>
{
    public Task<Position> Handle(PublishWording command, CancellationToken cancellation) =>
        log.Change<Wording, WordingEvent>(
            Wordings.StreamOf(context.Tenant, command.Sha256),
            wording => wording.Publish(command.Sha256, command.Language, command.Text),
            cancellation
        );
}

/// <summary>The text of a wording.</summary>
[Requires("contacts:read")]
public sealed record GetWording(string Sha256) : IQuery<WordingText?>;

/// <summary>A text that people were shown.</summary>
public sealed record WordingText(string Sha256, string Language, string Text)
{
    /// <summary>How a wording is named.</summary>
    public const string HashPattern = "^[0-9a-f]{64}\\z";

    /// <summary>How a language is named (BCP 47).</summary>
    public const string LanguagePattern = "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\\z";
}

internal sealed class GetWordingHandler(IEventLog log, CommandContext context)
    : MediatR.IRequestHandler<GetWording, WordingText?>
{
    public async Task<WordingText?> Handle(GetWording query, CancellationToken cancellation)
    {
        var loaded = await log.Load<Wording, WordingEvent>(
            Wordings.StreamOf(context.Tenant, query.Sha256),
            cancellation
        );
        return loaded.State.Text is null ? null : new(query.Sha256, loaded.State.Language!, loaded.State.Text);
    }
}

/// <summary>
/// The wordings that an organization published. They never go away, so what was seen once is remembered.
/// </summary>
internal sealed class Wordings(IEventLog log, CommandContext context)
{
    private const int MostRemembered = 10_000;

    private static readonly ConcurrentDictionary<Guid, bool> Known = new();

    /// <exception cref="RuleBrokenException"><c>wording.unknown</c>.</exception>
    public async Task RequirePublished(string? sha256, CancellationToken cancellation)
    {
        if (sha256 is null)
            return;

        var stream = StreamOf(context.Tenant, sha256);
        if (Known.ContainsKey(stream))
            return;

        await Text(sha256, cancellation);
        if (Known.Count < MostRemembered)
            Known.TryAdd(stream, true);
    }

    /// <summary>The text, as people are shown it.</summary>
    /// <param name="of">The organization whose text it is; the caller's where null.</param>
    /// <exception cref="RuleBrokenException"><c>wording.unknown</c>.</exception>
    public async Task<WordingText> Text(string sha256, CancellationToken cancellation, string? of = null)
    {
        return await Find(sha256, cancellation, of)
            ?? throw new RuleBrokenException(
                "wording.unknown",
                "No wording with this SHA-256 was published; publish its text first."
            );
    }

    /// <summary>The text, as people are shown it; null where it was not published.</summary>
    /// <param name="of">The organization whose text it is; the caller's where null.</param>
    public async Task<WordingText?> Find(string sha256, CancellationToken cancellation, string? of = null)
    {
        var tenant = of ?? context.Tenant;
        var wording = (await log.In(tenant).Load<Wording, WordingEvent>(StreamOf(tenant, sha256), cancellation)).State;
        return wording.Text is null ? null : new WordingText(sha256, wording.Language!, wording.Text);
    }

    /// <summary>Keeps a text that came with a file.</summary>
    public Task Publish(WordingText text, CancellationToken cancellation) =>
        log.Change<Wording, WordingEvent>(
            StreamOf(context.Tenant, text.Sha256),
            wording => wording.Publish(text.Sha256, text.Language, text.Text),
            cancellation
        );

    internal static Guid StreamOf(string tenant, string sha256) => ContentIds.Of("wording", tenant, sha256);
}
