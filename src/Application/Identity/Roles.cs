using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Finds roles and permissions by name, and sees to it that the system's are there.</summary>
internal sealed class Roles(IEventLog log, CommandContext context)
{
    /// <summary>The stream of one of the system's roles.</summary>
    public static Guid SystemId(string slug) => ContentIds.Of("role", "system", slug);

    /// <summary>The stream of an organization's own role.</summary>
    public static Guid OwnId(string tenant, string slug) => ContentIds.Of("role", tenant, slug);

    /// <summary>Whether the system has a role of that name.</summary>
    public static bool IsSystem(string slug) => SystemRoles.All.Any(role => role.Slug == slug);

    /// <summary>A role as an organization names it: one of the system's, or one of its own.</summary>
    /// <exception cref="RuleBrokenException"><c>role.not_found</c>.</exception>
    public async Task<GivenRole> Find(string slug, CancellationToken cancellation) =>
        (await Load(slug, cancellation)).Role;

    /// <summary>What a role permits, by name.</summary>
    /// <exception cref="RuleBrokenException"><c>role.not_found</c>.</exception>
    public async Task<IEnumerable<string>> PermissionsOf(string slug, CancellationToken cancellation) =>
        (await Load(slug, cancellation)).Permissions;

    /// <summary>
    /// A role that the caller may give, or take from somebody: it permits nothing that the caller may not do.
    /// </summary>
    /// <exception cref="RuleBrokenException"><c>role.not_found</c>, <c>role.beyond_own</c>.</exception>
    public async Task<GivenRole> FindOwn(string slug, CancellationToken cancellation)
    {
        var (role, permissions) = await Load(slug, cancellation);
        RequireOwn(permissions);
        return role;
    }

    /// <summary>
    /// Nobody gives away what is not theirs: neither to others nor, by a role they hold, to themselves. Nor does
    /// anybody take from another what they do not have.
    /// </summary>
    /// <exception cref="RuleBrokenException"><c>role.beyond_own</c>.</exception>
    public void RequireOwn(IEnumerable<string> permissions)
    {
        var beyond = permissions.Where(permission => !context.Access.May(permission)).Order(StringComparer.Ordinal);
        if (beyond.FirstOrDefault() is { } one)
            throw new RuleBrokenException("role.beyond_own", $"The role permits what you may not do yourself: {one}.");
    }

    private async Task<(GivenRole Role, IEnumerable<string> Permissions)> Load(
        string slug,
        CancellationToken cancellation
    )
    {
        var isSystem = IsSystem(slug);
        // A member's own role has the organization's slug in front.
        var id = isSystem
            ? SystemId(slug)
            : OwnId(context.Tenant, slug[(slug.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        var role = isSystem
            ? await AsSystem(() => log.Load<Role, RoleEvent>(id, cancellation))
            : await log.Load<Role, RoleEvent>(id, cancellation);
        return role.State.Exists
            ? (new GivenRole(id, role.Number, role.State.Slug), role.State.Permissions.Keys)
            : throw new RuleBrokenException("role.not_found", $"There is no role {slug}.");
    }

    /// <summary>Permissions by name.</summary>
    /// <exception cref="RuleBrokenException"><c>permission.not_found</c>.</exception>
    public Task<List<GivenPermission>> Permissions(IEnumerable<string> names, CancellationToken cancellation) =>
        AsSystem(async () =>
        {
            var found = new List<GivenPermission>();
            foreach (var name in names)
            {
                var id = PermissionId(name);
                var permission = await log.Load<Permission, PermissionEvent>(id, cancellation);
                if (!permission.State.IsDefined)
                    throw new RuleBrokenException("permission.not_found", $"There is no permission {name}.");

                found.Add(new GivenPermission(id, permission.Number, name));
            }

            return found;
        });

    /// <summary>Makes what this version of the program knows of roles and permissions and the log does not.</summary>
    public Task EnsureSystem(CancellationToken cancellation) =>
        AsSystem(async () =>
        {
            var last = SystemRoles.All[^1];
            var known = await log.Load<Role, RoleEvent>(SystemId(last.Slug), cancellation);
            var owner = await log.Load<Role, RoleEvent>(SystemId(SystemRoles.Owner), cancellation);
            if (known.State.Exists && owner.State.Permissions.Count == SystemRoles.Permissions.Count)
                return true;

            foreach (var (resource, action, description) in SystemRoles.Permissions)
                await log.Change<Permission, PermissionEvent>(
                    PermissionId($"{resource}:{action}"),
                    permission => permission.Define(resource, action, description),
                    cancellation
                );

            foreach (var (slug, description, names) in SystemRoles.All)
            {
                var permissions = await Permissions(names, cancellation);
                await log.Change<Role, RoleEvent>(
                    SystemId(slug),
                    role =>
                    {
                        var made = role.Create(slug, slug, description, isSystem: true);
                        var there = made.Aggregate(role, (state, happened) => state.Apply(happened));
                        return [.. made, .. there.SetPermissions(permissions)];
                    },
                    cancellation
                );
            }

            return true;
        });

    /// <summary>Does something in the system's streams and comes back to the caller's tenant.</summary>
    public async Task<T> AsSystem<T>(Func<Task<T>> work)
    {
        var tenant = context.Tenant;
        context.Tenant = Tenant.System;
        try
        {
            return await work();
        }
        finally
        {
            context.Tenant = tenant;
        }
    }

    private static Guid PermissionId(string name) => ContentIds.Of("permission", name);
}
