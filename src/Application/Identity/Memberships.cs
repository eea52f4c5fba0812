namespace SchemaHub.Application.Identity;

/// <summary>Who is a member where, over all organizations.</summary>
public interface IMemberships
{
    /// <summary>The organizations a person belongs to.</summary>
    Task<IReadOnlyList<Guid>> Of(Guid user, CancellationToken cancellation);

    /// <summary>The organization a person joined first: the one that manages the account.</summary>
    Task<Guid?> HomeOf(Guid user, CancellationToken cancellation);

    /// <summary>Whether anybody holds a role.</summary>
    Task<bool> IsHeld(Guid role, CancellationToken cancellation);
}
