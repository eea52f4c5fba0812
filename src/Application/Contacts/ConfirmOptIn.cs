using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>What a confirmation link asks for, without doing it: mail scanners follow links.</summary>
[RequiresNothing]
public sealed record GetRequestedOptIn(string Token) : IQuery<RequestedOptIn?>;

/// <summary>An opt-in that can be confirmed, or was.</summary>
/// <param name="IsConfirmed">The button was pressed already.</param>
public sealed record RequestedOptIn(IReadOnlyList<WordingText> Wordings, bool IsConfirmed)
{
    /// <summary>That of the words: the page around them speaks it too.</summary>
    public string Language => Wordings.Select(wording => wording.Language).FirstOrDefault("en");
}

internal sealed class GetRequestedOptInHandler(IEventLog log, Wordings wordings, TimeProvider clock)
    : IRequestHandler<GetRequestedOptIn, RequestedOptIn?>
{
    public async Task<RequestedOptIn?> Handle(GetRequestedOptIn query, CancellationToken cancellation)
    {
        if (ConfirmationToken.TryParse(query.Token) is not { } token)
            return null;

        var tenant = token.Tenant.ToString();
        var contact = (await log.In(tenant).Load<Contact, ContactEvent>(token.Stream, cancellation)).State;
        if (contact.Requests.Find(asked => asked.TokenHash == token.SecretHash) is not { } request)
            return null;

        if (!request.IsConfirmed && clock.GetUtcNow() >= request.ExpiresAt)
            return null;

        var shown = new List<WordingText>();
        foreach (var hash in request.Consents.Select(consent => consent.Wording).OfType<string>())
            shown.Add(await wordings.Text(hash, cancellation, tenant));

        return new RequestedOptIn(shown, request.IsConfirmed);
    }
}

/// <summary>
/// Second step of a double opt-in: whoever presses the button of the mailed page shows that the mailbox is theirs.
/// </summary>
/// <param name="Token">As in the link; it names the organization too.</param>
[RequiresNothing]
public sealed record ConfirmOptIn(string Token) : IRequest<ConfirmedOptIn>;

/// <summary>A double opt-in that is complete.</summary>
/// <param name="UnsubscribeToken">Leads to the person's choices.</param>
public sealed record ConfirmedOptIn(Position Position, string? UnsubscribeToken);

internal sealed class ConfirmOptInHandler(
    IEventLog log,
    TenantDatabase database,
    CommandContext context,
    TimeProvider clock
) : IRequestHandler<ConfirmOptIn, ConfirmedOptIn>
{
    /// <exception cref="RuleBrokenException"><c>opt_in.unknown</c>, <c>opt_in.expired</c>.</exception>
    public async Task<ConfirmedOptIn> Handle(ConfirmOptIn command, CancellationToken cancellation)
    {
        var token =
            ConfirmationToken.TryParse(command.Token)
            ?? throw new RuleBrokenException("opt_in.unknown", "This confirmation link is not known.");
        var tenant = token.Tenant.ToString();
        var position = await log.In(tenant)
            .Change<Contact, ContactEvent>(
                token.Stream,
                contact => contact.ConfirmConsent(token.SecretHash, context.SeenEvidence(), clock.GetUtcNow()),
                cancellation
            );
        var tokens = await database.Rows(
            tenant,
            "select c.unsubscribe_token from backstage.contacts c where c.id = $1",
            row => row.IsDBNull(0) ? null : row.GetString(0),
            cancellation,
            new Npgsql.NpgsqlParameter<int> { TypedValue = (int)position.Number }
        );
        return new ConfirmedOptIn(position, tokens.SingleOrDefault());
    }
}
