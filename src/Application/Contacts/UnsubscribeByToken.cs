using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Finds who a link under a mail belongs to, whatever the tenant: it is not known yet.</summary>
public interface IUnsubscribeTokens
{
    /// <summary>The contact, or null where the token is unknown or its person was erased.</summary>
    Task<TokenOwner?> Find(string token, CancellationToken cancellation);
}

/// <summary>Whose link it is.</summary>
public sealed record TokenOwner(Guid Organization, long ContactId);

/// <summary>
/// Withdraws by the link under a mail. Always works, any number of times; the answer is null for a token that does not
/// exist, so that nobody is told that they are unsubscribed when nothing changed (decision 0051).
/// </summary>
/// <param name="Purpose">Null means every purpose, as does one that the person was never asked for.</param>
/// <param name="OneClick">By the mail program (RFC 8058), not on the page.</param>
[RequiresNothing]
public sealed record UnsubscribeByToken(
    string Token,
    string? Purpose = null,
    bool OneClick = false,
    string Source = Sources.EmailLink
) : IRequest<Unsubscribed?>;

/// <summary>What became of it.</summary>
/// <param name="Purpose">What the person is not written to for any more; null means everything.</param>
/// <param name="StillOn">What they agreed to besides.</param>
public sealed record Unsubscribed(string? Purpose, IReadOnlyList<string> StillOn);

internal sealed class UnsubscribeByTokenValidator : AbstractValidator<UnsubscribeByToken>
{
    public UnsubscribeByTokenValidator()
    {
        RuleFor(command => command.Purpose!).Purpose().When(command => command.Purpose is not null);
        RuleFor(command => command.Source).OneOf(Sources.All);
    }
}

internal sealed class UnsubscribeByTokenHandler(IEventLog log, TokenHolders holders, CommandContext context)
    : IRequestHandler<UnsubscribeByToken, Unsubscribed?>
{
    public async Task<Unsubscribed?> Handle(UnsubscribeByToken command, CancellationToken cancellation)
    {
        if (await holders.Find(command.Token, cancellation) is not { } holder)
            return null;

        Unsubscribed? done = null;
        await log.In(holder.Tenant)
            .Change<Contact, ContactEvent>(
                holder.Stream,
                contact =>
                {
                    // A purpose that was cut off or misspelt on its way must not leave the person subscribed.
                    var purpose = PreferenceRules.PurposesOf(contact).Contains(command.Purpose)
                        ? command.Purpose
                        : null;
                    var events = contact.Withdraw(
                        purpose,
                        command.Source,
                        command.OneClick ? "one_click" : null,
                        context.SeenEvidence()
                    );
                    var after = events.Aggregate(contact, (state, happened) => state.Apply(happened));
                    done = new Unsubscribed(purpose, [.. after.Consents.Keys.Where(after.MayBeWrittenToFor).Order()]);
                    return events;
                },
                cancellation
            );
        return done;
    }
}

/// <summary>The contacts behind tokens, for handlers.</summary>
internal sealed class TokenHolders(IUnsubscribeTokens tokens, IStreamDirectory streams)
{
    /// <summary>The contact, or null.</summary>
    public async Task<TokenHolder?> Find(string token, CancellationToken cancellation)
    {
        var owner = await tokens.Find(token, cancellation);
        var tenant = owner?.Organization.ToString() ?? Tenant.System;
        // Asked for an unknown token as well, so that the time of an answer says less about it.
        var stream = await streams.Find(tenant, owner?.ContactId ?? 0, Contact.StreamType, cancellation);
        return stream is { } found ? new TokenHolder(tenant, found) : null;
    }
}

/// <summary>The contact behind a token.</summary>
internal sealed record TokenHolder(string Tenant, Guid Stream);
