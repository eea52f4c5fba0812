namespace SchemaHub.Domain.Identity;

/// <summary>A fact about an invitation.</summary>
public abstract record InvitationEvent : IAudited;

/// <summary>Somebody was invited by mail.</summary>
/// <param name="Team">The published integer id of the organization (saas.teams.id).</param>
/// <param name="TokenHash">SHA-256 of the secret in the link, lower-case hex.</param>
/// <param name="ExpiresAt">UTC.</param>
[StoredAs("invitation_sent")]
public sealed record InvitationSent(
    [property: Personal] string? Email,
    [property: Personal] string? Message,
    GivenRole Role,
    Person InvitedBy,
    long Team,
    string TokenHash,
    DateTimeOffset ExpiresAt
) : InvitationEvent;

/// <summary>It was mailed once more; the link before is good for nothing.</summary>
/// <param name="TokenHash">SHA-256 of the secret in the new link, lower-case hex.</param>
/// <param name="ExpiresAt">UTC.</param>
/// <param name="Mails">How often it was mailed, with this.</param>
[StoredAs("invitation_resent")]
public sealed record InvitationResent(
    string TokenHash,
    DateTimeOffset ExpiresAt,
    GivenRole Role,
    [property: Personal] string? Message,
    int Mails
) : InvitationEvent;

/// <summary>It was taken back.</summary>
[StoredAs("invitation_revoked")]
public sealed record InvitationRevoked() : InvitationEvent;

/// <summary>Nobody answered in time.</summary>
[StoredAs("invitation_expired")]
public sealed record InvitationExpired() : InvitationEvent;

/// <summary>Somebody joined by it.</summary>
/// <param name="UserNumber">The published integer id.</param>
[StoredAs("invitation_accepted")]
public sealed record InvitationAccepted(Guid UserId, long UserNumber) : InvitationEvent, INamesNumbers
{
    object INamesNumbers.Name(Func<Guid, long, long> number) => this with { UserNumber = number(UserId, UserNumber) };
}

/// <summary>Who was invited is not known any more.</summary>
[StoredAs("invitation_forgotten")]
public sealed record InvitationForgotten() : InvitationEvent, IErasure;
