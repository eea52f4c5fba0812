using System.Collections.Immutable;
using System.Diagnostics;

namespace SchemaHub.Domain.Identity;

/// <summary>What its holders may do: a set of permissions under a name.</summary>
public sealed record Role(
    bool Exists,
    bool IsSystem,
    string Name,
    string Slug,
    string? Description,
    ImmutableDictionary<string, GivenPermission> Permissions
) : IAggregate<Role, RoleEvent>
{
    private static readonly ImmutableDictionary<string, GivenPermission> NoPermissions = ImmutableDictionary.Create<
        string,
        GivenPermission
    >(StringComparer.Ordinal);

    /// <inheritdoc/>
    public static string StreamType => "role";

    /// <inheritdoc/>
    public static Role Initial { get; } =
        new(Exists: false, IsSystem: false, Name: "", Slug: "", Description: null, NoPermissions);

    /// <summary>Makes a role, or makes a removed one again.</summary>
    /// <param name="slug">As published: an organization's own has the organization's slug in front.</param>
    public IReadOnlyList<RoleEvent> Create(string name, string slug, string? description, bool isSystem) =>
        Exists ? [] : [new RoleCreated(name, slug, description, isSystem)];

    /// <summary>Describes it anew. Its slug is its identity and stays.</summary>
    /// <exception cref="RuleBrokenException"><c>role.not_found</c>.</exception>
    public IReadOnlyList<RoleEvent> Describe(string name, string? description)
    {
        RequireExists();
        return name == Name && description == Description
            ? []
            : [new RoleDescribed(name, description, Name, Description)];
    }

    /// <summary>Makes these, and no others, its permissions.</summary>
    /// <exception cref="RuleBrokenException"><c>role.not_found</c>.</exception>
    public IReadOnlyList<RoleEvent> SetPermissions(IReadOnlyCollection<GivenPermission> permissions)
    {
        RequireExists();
        var wanted = permissions.Select(permission => permission.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. Permissions
                .Values.Where(held => !wanted.Contains(held.Name))
                .OrderBy(held => held.Name, StringComparer.Ordinal)
                .Select(held => new PermissionRevoked(held)),
            .. permissions
                .DistinctBy(permission => permission.Name)
                .Where(permission => !Permissions.ContainsKey(permission.Name))
                .Select(permission => new PermissionGranted(permission)),
        ];
    }

    /// <summary>Removes it. Whoever still holds it stands in the way; that is the handler's to know.</summary>
    public IReadOnlyList<RoleEvent> Remove() => Exists ? [new RoleRemoved(Name, Slug)] : [];

    /// <inheritdoc/>
    public Role Apply(RoleEvent happened) =>
        happened switch
        {
            RoleCreated created => new Role(
                Exists: true,
                created.IsSystem,
                created.Name,
                created.Slug,
                created.Description,
                NoPermissions
            ),
            RoleDescribed described => this with { Name = described.Name, Description = described.Description },
            PermissionGranted granted => this with
            {
                Permissions = Permissions.SetItem(granted.Permission.Name, granted.Permission),
            },
            PermissionRevoked revoked => this with { Permissions = Permissions.Remove(revoked.Permission.Name) },
            RoleRemoved => Initial,
            _ => throw new UnreachableException($"Role cannot apply {happened.GetType().Name}."),
        };

    private void RequireExists()
    {
        if (!Exists)
            throw new RuleBrokenException("role.not_found", "There is no such role.");
    }
}

/// <summary>A permission as other facts name it.</summary>
/// <param name="Number">The published integer id.</param>
/// <param name="Name">Such as <c>contacts:read</c>.</param>
public sealed record GivenPermission(Guid Id, long Number, string Name);

/// <summary>A fact about a role.</summary>
public abstract record RoleEvent : IAudited;

/// <summary>A role was made; it permits nothing yet.</summary>
[StoredAs("role_created")]
public sealed record RoleCreated(string Name, string Slug, string? Description, bool IsSystem) : RoleEvent;

/// <summary>It is called or described otherwise.</summary>
[StoredAs("role_described")]
public sealed record RoleDescribed(string Name, string? Description, string NameBefore, string? DescriptionBefore)
    : RoleEvent;

/// <summary>Its holders may do one thing more.</summary>
[StoredAs("permission_granted")]
public sealed record PermissionGranted(GivenPermission Permission) : RoleEvent;

/// <summary>Its holders may do one thing less.</summary>
[StoredAs("permission_revoked")]
public sealed record PermissionRevoked(GivenPermission Permission) : RoleEvent;

/// <summary>The role is gone; nobody held it.</summary>
[StoredAs("role_removed")]
public sealed record RoleRemoved(string Name, string Slug) : RoleEvent;

/// <summary>One thing that can be permitted.</summary>
public sealed record Permission(bool IsDefined) : IAggregate<Permission, PermissionEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "permission";

    /// <inheritdoc/>
    public static Permission Initial { get; } = new(IsDefined: false);

    /// <summary>Names it; named twice, it is one.</summary>
    public IReadOnlyList<PermissionEvent> Define(string resource, string action, string description) =>
        IsDefined ? [] : [new PermissionDefined(resource, action, description)];

    /// <inheritdoc/>
    public Permission Apply(PermissionEvent happened) =>
        happened switch
        {
            PermissionDefined => new Permission(IsDefined: true),
            _ => throw new UnreachableException($"Permission cannot apply {happened.GetType().Name}."),
        };
}

/// <summary>A fact about a permission.</summary>
public abstract record PermissionEvent : IAudited;

/// <summary>There is something new that can be permitted.</summary>
[StoredAs("permission_defined")]
public sealed record PermissionDefined(string Resource, string Action, string Description) : PermissionEvent;
