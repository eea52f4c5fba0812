using Microsoft.Extensions.DependencyInjection;
using SchemaHub.Application;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Testing;

/// <summary>People who belong to an organization, without the mails that invite them.</summary>
public static class TestMembers
{
    /// <summary>
    /// Appends what an accepted invitation leaves: an account where the address has none, and the membership. Answers
    /// the account's id.
    /// </summary>
    /// <param name="role">One of the system's roles, or one of the organization's own.</param>
    public static async Task<Guid> Join(
        this IServiceProvider services,
        Guid organization,
        string email,
        string role = "member",
        string? name = null
    )
    {
        await using var scope = services.GetRequiredService<RunAs>().Operator(organization.ToString());
        var (log, system) = (scope.Log, scope.Log.In(Tenant.System));
        var address = EmailAddress.Parse(email);
        var id = scope.Services.GetRequiredService<IKeyedIds>().OfUser(address);
        var isSystems = SystemRoles.All.Any(one => one.Slug == role);
        var roleId = ContentIds.Of("role", isSystems ? "system" : organization.ToString(), role);
        var given = await (isSystems ? system : log).Load<Role, RoleEvent>(roleId, CancellationToken.None);
        await log.ChangeTogether(
            async changes =>
            {
                var user = await changes.Change<User, UserEvent>(
                    id,
                    // Who accepts an invitation by its link has shown that the address is theirs.
                    state =>
                        state.IsRegistered ? [] : [new UserRegistered(address.Value, name), new EmailVerified(null)],
                    Tenant.System
                );
                await changes.Change<Organization, OrganizationEvent>(
                    organization,
                    state =>
                        state.Join(new Person(id, user.Number), new GivenRole(roleId, given.Number, given.State.Slug))
                );
            },
            CancellationToken.None
        );
        return id;
    }
}
