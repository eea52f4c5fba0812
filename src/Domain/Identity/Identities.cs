using System.Diagnostics;

namespace SchemaHub.Domain.Identity;

/// <summary>A person who works with SchemaHub. Exists once, whatever organizations they belong to.</summary>
public sealed record User(bool IsRegistered) : IAggregate<User, UserEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "user";

    /// <inheritdoc/>
    public static User Initial { get; } = new(IsRegistered: false);

    /// <summary>Opens an account; asked twice, it is one account.</summary>
    public IReadOnlyList<UserEvent> Register(string email, string? name) =>
        IsRegistered ? [] : [new UserRegistered(email, name)];

    /// <inheritdoc/>
    public User Apply(UserEvent happened) =>
        happened switch
        {
            UserRegistered => this with { IsRegistered = true },
            _ => throw new UnreachableException($"User cannot apply {happened.GetType().Name}."),
        };
}

/// <summary>The tenant: whoever runs mailing lists, an inbox or podcasts with SchemaHub.</summary>
public sealed record Organization(bool IsCreated) : IAggregate<Organization, OrganizationEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "organization";

    /// <inheritdoc/>
    public static Organization Initial { get; } = new(IsCreated: false);

    /// <summary>Founds the organization.</summary>
    public IReadOnlyList<OrganizationEvent> Create(string name, string slug, Guid ownerId, long ownerNumber) =>
        IsCreated ? [] : [new OrganizationCreated(name, slug, ownerId, ownerNumber)];

    /// <inheritdoc/>
    public Organization Apply(OrganizationEvent happened) =>
        happened switch
        {
            OrganizationCreated => this with { IsCreated = true },
            _ => throw new UnreachableException($"Organization cannot apply {happened.GetType().Name}."),
        };
}

/// <summary>What lets a program act for an organization.</summary>
public sealed record ApiKey(bool IsCreated) : IAggregate<ApiKey, ApiKeyEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "api_key";

    /// <inheritdoc/>
    public static ApiKey Initial { get; } = new(IsCreated: false);

    /// <summary>Makes the key.</summary>
    public IReadOnlyList<ApiKeyEvent> Create(string name, string prefix, string keyHash) =>
        IsCreated ? [] : [new ApiKeyCreated(name, prefix, keyHash)];

    /// <inheritdoc/>
    public ApiKey Apply(ApiKeyEvent happened) =>
        happened switch
        {
            ApiKeyCreated => this with { IsCreated = true },
            _ => throw new UnreachableException($"ApiKey cannot apply {happened.GetType().Name}."),
        };
}
