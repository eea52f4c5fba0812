using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>What a person agreed to, by the token of their unsubscribe link; null where it does not exist.</summary>
[RequiresNothing]
public sealed record GetPreferences(string Token) : IQuery<IReadOnlyList<Preference>?>;

/// <summary>One purpose, and whether the person may be written to for it.</summary>
/// <param name="Wording">What they agreed to last, or would agree to.</param>
public sealed record Preference(string Purpose, bool IsOn, WordingText Wording);

internal sealed class GetPreferencesHandler(IEventLog log, TokenHolders holders, Wordings wordings)
    : IRequestHandler<GetPreferences, IReadOnlyList<Preference>?>
{
    public async Task<IReadOnlyList<Preference>?> Handle(GetPreferences query, CancellationToken cancellation)
    {
        if (await holders.Find(query.Token, cancellation) is not { } holder)
            return null;

        var contact = (await log.In(holder.Tenant).Load<Contact, ContactEvent>(holder.Stream, cancellation)).State;
        var preferences = new List<Preference>();
        foreach (var purpose in PreferenceRules.PurposesOf(contact))
        {
            var wording = await PreferenceRules.WordingOf(contact, purpose, wordings, holder.Tenant, cancellation);
            preferences.Add(new Preference(purpose, contact.MayBeWrittenToFor(purpose), wording));
        }

        return preferences;
    }
}

/// <summary>
/// Asks for a purpose again from the preference page, with the wording shown there. Only a confirmed opt-in raises a
/// consent, so a mail goes out. Nothing happens for a token that does not exist.
/// </summary>
[RequiresNothing]
public sealed record AskByToken(string Token, string Purpose) : IRequest<Unit>;

internal sealed class AskByTokenValidator : AbstractValidator<AskByToken>
{
    public AskByTokenValidator() => RuleFor(command => command.Purpose).NotNull().Purpose();
}

internal sealed class AskByTokenHandler(
    IEventLog log,
    TokenHolders holders,
    Wordings wordings,
    RunAs runAs,
    CommandContext context
) : IRequestHandler<AskByToken, Unit>
{
    public async Task<Unit> Handle(AskByToken command, CancellationToken cancellation)
    {
        if (await holders.Find(command.Token, cancellation) is not { } holder)
            return Unit.Value;

        var contact = (await log.In(holder.Tenant).Load<Contact, ContactEvent>(holder.Stream, cancellation)).State;
        // Only what the page offers: the link of one person's mail is not a way to invent purposes.
        if (!contact.IsListed || !PreferenceRules.PurposesOf(contact).Contains(command.Purpose))
            return Unit.Value;

        var wording = await PreferenceRules.WordingOf(contact, command.Purpose, wordings, holder.Tenant, cancellation);
        var consent = new ConsentInput(command.Purpose, Wording: wording.Sha256);
        // What the organization offers to every holder of a link: its own text, and a mail to that person.
        await using var there = runAs.Caller(context.In(holder.Tenant, "contacts:read", "contacts:write"));
        await there.Send(new PublishWording(wording.Language, wording.Text), cancellation);
        await there.Send(new RequestOptIn(await AddressOf(holder, cancellation), null, [consent]), cancellation);
        return Unit.Value;
    }

    private async Task<string> AddressOf(TokenHolder holder, CancellationToken cancellation) =>
        (await log.In(holder.Tenant).Read(holder.Stream, cancellation))
            .Select(recorded => recorded.Data)
            .OfType<ContactAdded>()
            .Last()
            .Email!;
}

internal static class PreferenceRules
{
    /// <summary>What the page offers: the newsletter, and whatever the person was asked before.</summary>
    public static IEnumerable<string> PurposesOf(Contact contact) =>
        contact.Consents.Keys.Append(Purposes.Newsletter).Distinct().Order(StringComparer.Ordinal);

    /// <summary>What the person agreed to last; where no text of it is known, what they would agree to here.</summary>
    public static async Task<WordingText> WordingOf(
        Contact contact,
        string purpose,
        Wordings wordings,
        string? tenant,
        CancellationToken cancellation
    )
    {
        if (contact.Consents.GetValueOrDefault(purpose)?.Wording is { } sha256)
            return await wordings.Text(sha256, cancellation, tenant);

        var text = purpose switch
        {
            Purposes.Newsletter => "I would like to receive the newsletter by email. I can withdraw at any time.",
            Purposes.Tracking =>
                "It may be measured which mails I open and which links I follow. I can withdraw at any time.",
            _ => $"I agree to be written to by email for: {purpose}. I can withdraw at any time.",
        };
        return new WordingText(ContentIds.Sha256(text), "en", text);
    }
}
