using SchemaHub.Application.Access;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Finds roles and permissions by name, and sees to it that the system's are there.</summary>
internal sealed class Roles(IEventLog log, CommandContext context, RunAs runAs)
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
            ? await log.In(Tenant.System).Load<Role, RoleEvent>(id, cancellation)
            : await log.Load<Role, RoleEvent>(id, cancellation);
        return role.State.Exists
            ? (new GivenRole(id, role.Number, role.State.Slug), role.State.Permissions.Keys)
            : throw new RuleBrokenException("role.not_found", $"There is no role {slug}.");
    }

    /// <summary>Permissions by name.</summary>
    /// <exception cref="RuleBrokenException"><c>permission.not_found</c>.</exception>
    public async Task<List<GivenPermission>> Permissions(IEnumerable<string> names, CancellationToken cancellation)
    {
        var found = new List<GivenPermission>();
        foreach (var name in names)
        {
            var id = PermissionId(name);
            var permission = await log.In(Tenant.System).Load<Permission, PermissionEvent>(id, cancellation);
            if (!permission.State.IsDefined)
                throw new RuleBrokenException("permission.not_found", $"There is no permission {name}.");

            found.Add(new GivenPermission(id, permission.Number, name));
        }

        return found;
    }

    /// <summary>Makes what this version of the program knows of roles and permissions and the log does not.</summary>
    public async Task EnsureSystem(CancellationToken cancellation)
    {
        var system = log.In(Tenant.System);
        var known = await system.Load<Role, RoleEvent>(SystemId(SystemRoles.All[^1].Slug), cancellation);
        var owner = await system.Load<Role, RoleEvent>(SystemId(SystemRoles.Owner), cancellation);
        if (known.State.Exists && owner.State.Permissions.Count == SystemRoles.Permissions.Count)
            return;

        // The roles belong to the program: who happens to found the first organization has no part in them.
        await using var service = runAs.System(Tenant.System, SystemActors.System);
        await service.Send(new DefineSystemRoles(), cancellation);
    }

    internal static Guid PermissionId(string name) => ContentIds.Of("permission", name);
}

/// <summary>Makes the roles and permissions that this version of the program has.</summary>
[RequiresOperator]
[InSteps("Roles name the published numbers of permissions, which these have once they are committed. Run again.")]
internal sealed record DefineSystemRoles : ICommand;

internal sealed class DefineSystemRolesHandler(IEventLog log, Roles roles) : ICommandHandler<DefineSystemRoles>
{
    public async Task<Position> Handle(DefineSystemRoles command, CancellationToken cancellation)
    {
        await log.ChangeTogether(
            async changes =>
            {
                foreach (var (resource, action, description) in SystemRoles.Permissions)
                    await changes.Change<Permission, PermissionEvent>(
                        Roles.PermissionId($"{resource}:{action}"),
                        permission => permission.Define(resource, action, description)
                    );
            },
            cancellation
        );
        var permissions = (
            await roles.Permissions(
                SystemRoles.Permissions.Select(permission => $"{permission.Resource}:{permission.Action}"),
                cancellation
            )
        ).ToDictionary(permission => permission.Name, StringComparer.Ordinal);
        return await log.ChangeTogether(
            async changes =>
            {
                foreach (var (slug, description, names) in SystemRoles.All)
                    await changes.Change<Role, RoleEvent>(
                        Roles.SystemId(slug),
                        role =>
                        {
                            var made = role.Create(slug, slug, description, isSystem: true);
                            var there = made.Aggregate(role, (state, happened) => state.Apply(happened));
                            return [.. made, .. there.SetPermissions([.. names.Select(name => permissions[name])])];
                        }
                    );
            },
            cancellation
        );
    }
}
