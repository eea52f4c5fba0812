namespace SchemaHub.Application.Identity;

/// <summary>Finds keys by who answers for them. What is decided is decided on each key's own stream.</summary>
public interface IKeyDirectory
{
    /// <summary>
    /// The keys of an organization that a person made or holds, and the keys made by those, that are not revoked.
    /// </summary>
    Task<IReadOnlyList<Guid>> LivingOf(Guid organization, Guid user, CancellationToken cancellation);

    /// <summary>The keys that a key made, and the keys made by those, that are not revoked.</summary>
    Task<IReadOnlyList<Guid>> LivingMadeBy(Guid organization, Guid key, CancellationToken cancellation);
}
