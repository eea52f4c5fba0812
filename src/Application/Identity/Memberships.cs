namespace SchemaHub.Application.Identity;

/// <summary>Who is a member where, over all organizations.</summary>
public interface IMemberships
{
    /// <summary>As many organizations as a person works in at most.</summary>
    const int Most = 200;

    /// <summary>The organizations a person belongs to.</summary>
    Task<IReadOnlyList<Guid>> Of(Guid user, CancellationToken cancellation);

    /// <summary>The organization that a person chose last, in any session; null where none was chosen.</summary>
    Task<Guid?> LastChosen(Guid user, CancellationToken cancellation);

    /// <summary>The open organizations that a person has access to, by number.</summary>
    /// <param name="after">The number of the last one that is known.</param>
    Task<List<MyOrganization>> List(Guid user, int most, long after, CancellationToken cancellation);

    /// <summary>How many members an organization's own quota allows; null where it sets none.</summary>
    Task<int?> QuotaOf(Guid organization, CancellationToken cancellation);

    /// <summary>What a person is called, or else their address; null where there is no such account.</summary>
    Task<string?> NameOf(Guid user, CancellationToken cancellation);

    /// <summary>Whether anybody holds a role, or waits for it by an invitation.</summary>
    Task<bool> IsHeld(Guid role, CancellationToken cancellation);
}
