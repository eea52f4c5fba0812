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
/// Withdraws by the link under a mail. Always works, any number of times, and answers the same for a token that does
/// not exist.
/// </summary>
/// <param name="Purpose">Null means every purpose.</param>
/// <param name="OneClick">By the mail program (RFC 8058), not on the page.</param>
[RequiresNothing]
public sealed record UnsubscribeByToken(
    string Token,
    string? Purpose = null,
    bool OneClick = false,
    string Source = Sources.EmailLink
) : IRequest<Unit>;

internal sealed class UnsubscribeByTokenValidator : AbstractValidator<UnsubscribeByToken>
{
    public UnsubscribeByTokenValidator()
    {
        RuleFor(command => command.Purpose!).Purpose().When(command => command.Purpose is not null);
        RuleFor(command => command.Source).OneOf(Sources.All);
    }
}

internal sealed class UnsubscribeByTokenHandler(IEventLog log, TokenHolders holders, CommandContext context)
    : IRequestHandler<UnsubscribeByToken, Unit>
{
    public async Task<Unit> Handle(UnsubscribeByToken command, CancellationToken cancellation)
    {
        if (await holders.Find(command.Token, cancellation) is not { } holder)
            return Unit.Value;

        await log.In(holder.Tenant)
            .Change<Contact, ContactEvent>(
                holder.Stream,
                contact =>
                    contact.Withdraw(
                        command.Purpose,
                        command.Source,
                        command.OneClick ? "one_click" : null,
                        context.SeenEvidence()
                    ),
                cancellation
            );
        return Unit.Value;
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
