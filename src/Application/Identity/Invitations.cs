namespace SchemaHub.Application.Identity;

/// <summary>Which invitations there are, over all organizations.</summary>
public interface IInvitations
{
    /// <summary>The invitations of an organization that wait for an answer, or did when they expired.</summary>
    Task<IReadOnlyList<Guid>> Pending(Guid organization, CancellationToken cancellation);

    /// <summary>How many invitations of an organization could be accepted at an instant.</summary>
    Task<long> CountOpen(Guid organization, DateTimeOffset now, CancellationToken cancellation);

    /// <summary>The invitations that a person accepted, or that went to the address of the person's account.</summary>
    Task<IReadOnlyList<FoundInvitation>> Of(Guid user, CancellationToken cancellation);

    /// <summary>Invitations whose time is over and that do not say so yet, in order.</summary>
    /// <param name="after">The number of the last one that is known.</param>
    Task<IReadOnlyList<FoundInvitation>> Due(DateTimeOffset now, long after, int limit, CancellationToken cancellation);

    /// <summary>
    /// Invitations that nobody accepted, ended before an instant, whose address is still known; in order.
    /// </summary>
    /// <param name="after">The number of the last one that is known.</param>
    Task<IReadOnlyList<FoundInvitation>> ToForget(
        DateTimeOffset endedBefore,
        long after,
        int limit,
        CancellationToken cancellation
    );
}

/// <summary>An invitation, and whose it is.</summary>
/// <param name="Number">The published integer id.</param>
public sealed record FoundInvitation(Guid Id, Guid Organization, long Number);
