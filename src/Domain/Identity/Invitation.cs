using System.Diagnostics;

namespace SchemaHub.Domain.Identity;

/// <summary>
/// A mail that asks somebody to join an organization, and what became of it. Each is a stream of its own.
/// </summary>
/// <param name="TokenHash">
/// SHA-256 of the secret in the latest mail's link; an older mail's is good for nothing.
/// </param>
/// <param name="Email">Who is invited; nothing once forgotten.</param>
/// <param name="AcceptedBy">Who joined by it.</param>
/// <param name="Mails">How often it was mailed.</param>
public sealed record Invitation(
    InvitationStatus Status,
    string? TokenHash,
    DateTimeOffset ExpiresAt,
    GivenRole? Role,
    Person? InvitedBy,
    string? Email,
    string? Message,
    Guid? AcceptedBy,
    int Mails,
    bool IsForgotten
) : IAggregate<Invitation, InvitationEvent>
{
    /// <summary>
    /// How often an invitation is mailed at most: more would be a nuisance to whoever does not want it.
    /// </summary>
    public const int MostMails = 10;

    /// <inheritdoc/>
    public static string StreamType => "invitation";

    /// <inheritdoc/>
    public static Invitation Initial { get; } =
        new(
            InvitationStatus.None,
            TokenHash: null,
            ExpiresAt: default,
            Role: null,
            InvitedBy: null,
            Email: null,
            Message: null,
            AcceptedBy: null,
            Mails: 0,
            IsForgotten: false
        );

    /// <summary>It was answered or taken back: whoever is invited again gets another one.</summary>
    public bool IsOver => Status is not (InvitationStatus.None or InvitationStatus.Pending);

    /// <summary>Invites; who is invited already gets the mail again, with what is said now.</summary>
    /// <exception cref="RuleBrokenException"><c>invitation.not_pending</c>, <c>invitation.mailed_often</c>.</exception>
    public IReadOnlyList<InvitationEvent> Send(InvitationSent sent) =>
        Status == InvitationStatus.None ? [sent] : Resend(sent.TokenHash, sent.ExpiresAt, sent.Role, sent.Message);

    /// <summary>Mails it once more, with another secret; the one before opens nothing any more.</summary>
    /// <param name="role">What is offered now.</param>
    /// <exception cref="RuleBrokenException"><c>invitation.not_pending</c>, <c>invitation.mailed_often</c>.</exception>
    public IReadOnlyList<InvitationEvent> Resend(
        string tokenHash,
        DateTimeOffset expiresAt,
        GivenRole role,
        string? message
    )
    {
        RequirePending();
        if (Mails >= MostMails)
            throw new RuleBrokenException(
                "invitation.mailed_often",
                $"This invitation was mailed {MostMails} times: ask the person in another way."
            );

        return [new InvitationResent(tokenHash, expiresAt, role, message, Mails + 1)];
    }

    /// <summary>Takes it back; its link opens nothing any more.</summary>
    /// <exception cref="RuleBrokenException"><c>invitation.accepted</c>: a member is let go instead.</exception>
    public IReadOnlyList<InvitationEvent> Revoke()
    {
        RequireNotAccepted();
        return Status == InvitationStatus.Pending ? [new InvitationRevoked()] : [];
    }

    /// <summary>What the holder of a link may see and accept.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>invitation.unknown</c>, <c>invitation.revoked</c>, <c>invitation.accepted</c>, <c>invitation.expired</c>.
    /// </exception>
    public void RequireOpen(string tokenHash, DateTimeOffset now)
    {
        // Whoever does not hold the latest link learns nothing, not even that there was one.
        if (TokenHash != tokenHash)
            throw new RuleBrokenException("invitation.unknown", "This invitation is not known.");

        RequireNotAccepted();
        if (Status == InvitationStatus.Revoked)
            throw new RuleBrokenException("invitation.revoked", "This invitation was taken back.");

        if (Status == InvitationStatus.Expired || now >= ExpiresAt)
            throw new RuleBrokenException("invitation.expired", "This invitation has expired: ask for another one.");
    }

    /// <summary>Accepts it; the same person again, it was so already.</summary>
    /// <exception cref="RuleBrokenException">As of <see cref="RequireOpen"/>.</exception>
    public IReadOnlyList<InvitationEvent> Accept(string tokenHash, Person person, DateTimeOffset now)
    {
        if (TokenHash == tokenHash && AcceptedBy == person.Id)
            return [];

        RequireOpen(tokenHash, now);
        return [new InvitationAccepted(person.Id, person.Number)];
    }

    /// <summary>Says that its time is over, once it is.</summary>
    public IReadOnlyList<InvitationEvent> Expire(DateTimeOffset now) =>
        Status == InvitationStatus.Pending && now >= ExpiresAt ? [new InvitationExpired()] : [];

    /// <summary>Forgets who was invited. One that is open is taken back before.</summary>
    public IReadOnlyList<InvitationEvent> Forget() =>
        Status == InvitationStatus.None || IsForgotten ? []
        : Status == InvitationStatus.Pending ? [new InvitationRevoked(), new InvitationForgotten()]
        : [new InvitationForgotten()];

    /// <inheritdoc/>
    public Invitation Apply(InvitationEvent happened) =>
        happened switch
        {
            InvitationSent sent => this with
            {
                Status = InvitationStatus.Pending,
                TokenHash = sent.TokenHash,
                ExpiresAt = sent.ExpiresAt,
                Role = sent.Role,
                InvitedBy = sent.InvitedBy,
                Email = sent.Email,
                Message = sent.Message,
                Mails = 1,
            },
            InvitationResent resent => this with
            {
                TokenHash = resent.TokenHash,
                ExpiresAt = resent.ExpiresAt,
                Role = resent.Role,
                Message = resent.Message,
                Mails = resent.Mails,
            },
            InvitationRevoked => this with { Status = InvitationStatus.Revoked },
            InvitationExpired => this with { Status = InvitationStatus.Expired },
            InvitationAccepted accepted => this with
            {
                Status = InvitationStatus.Accepted,
                AcceptedBy = accepted.UserId,
            },
            InvitationForgotten => this with { IsForgotten = true, Email = null, Message = null },
            _ => throw new UnreachableException($"Invitation cannot apply {happened.GetType().Name}."),
        };

    private void RequirePending()
    {
        if (Status != InvitationStatus.Pending)
            throw new RuleBrokenException("invitation.not_pending", "This invitation was answered or taken back.");
    }

    private void RequireNotAccepted()
    {
        if (Status == InvitationStatus.Accepted)
            throw new RuleBrokenException("invitation.accepted", "This invitation was accepted already.");
    }
}

/// <summary>Where an invitation stands.</summary>
public enum InvitationStatus
{
    /// <summary>Nobody was invited yet.</summary>
    None,

    /// <summary>It waits for an answer.</summary>
    Pending,

    /// <summary>Somebody joined by it.</summary>
    Accepted,

    /// <summary>Its time was over before anybody answered.</summary>
    Expired,

    /// <summary>It was taken back.</summary>
    Revoked,
}
