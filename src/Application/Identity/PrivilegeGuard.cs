using MediatR;
using SchemaHub.Domain;
using SchemaHub.Domain.Compliance;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>
/// A request that acts on a member. <see cref="PrivilegeGuard"/> decides on it before its handler runs.
/// </summary>
public interface IActsOnMember
{
    /// <summary>The account of the member; null where the request is about no member.</summary>
    Guid? ActsOn { get; }
}

/// <summary>
/// Decides whether the caller may act on a member: never on one with more rights than the caller's own, and never on
/// the owner. People may act on themselves.
/// </summary>
internal sealed class PrivilegeGuard(IEventLog log, Roles roles, CommandContext context)
{
    private Member? _approved;

    /// <summary>Refuses a member on whom the caller may not act.</summary>
    /// <exception cref="NotFoundException">No such member of the caller's organization.</exception>
    /// <exception cref="RuleBrokenException"><c>member.is_owner</c>, <c>role.beyond_own</c>.</exception>
    public async Task Require(Guid user, CancellationToken cancellation)
    {
        if (context.Access.IsOperator || user == context.UserId)
            return;

        var organization = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        if (!organization.State.Members.TryGetValue(user, out var member))
            throw new NotFoundException("member");

        await RequireWithin(organization.State, member, cancellation);
        _approved = member;
    }

    /// <summary>
    /// Refuses an archive of a member on whom the caller may not act. Former members have none to refuse.
    /// </summary>
    /// <exception cref="RuleBrokenException"><c>member.is_owner</c>, <c>role.beyond_own</c>.</exception>
    public async Task RequireFor(PrivacySubject subject, CancellationToken cancellation)
    {
        if (subject.Kind != SubjectKind.User || context.Access.IsOperator || context.Tenant == Tenant.System)
            return;

        var organization = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        if (organization.State.Members.TryGetValue(subject.Stream, out var member))
            await RequireWithin(organization.State, member, cancellation);
    }

    /// <summary>
    /// Refuses a decision on a member whose role has changed since <see cref="Require"/> looked: it is called inside
    /// the decision, where the append checks the version.
    /// </summary>
    /// <exception cref="RuleBrokenException"><c>member.changed</c>, <c>member.is_owner</c>.</exception>
    public void RequireUnchanged(Organization organization)
    {
        if (_approved is not { } approved || approved.Person.Id == context.UserId)
            return;

        if (organization.Owner?.Id == approved.Person.Id)
            throw IsOwner();

        if (organization.Members.TryGetValue(approved.Person.Id, out var member) && member.Role != approved.Role)
            throw new RuleBrokenException(
                "member.changed",
                "The member's role was changed in the meantime. Read it again and repeat the request."
            );
    }

    /// <summary>Whether the caller may act on an account, as far as it is a member.</summary>
    public async Task<bool> IsWithin(Organization organization, Guid user, CancellationToken cancellation)
    {
        if (!organization.Members.TryGetValue(user, out var member))
            return true;

        try
        {
            await RequireWithin(organization, member, cancellation);
            return true;
        }
        catch (RuleBrokenException)
        {
            return false;
        }
    }

    private async Task RequireWithin(Organization organization, Member member, CancellationToken cancellation)
    {
        if (member.Person.Id == context.UserId)
            return;

        if (member.Person.Id == organization.Owner?.Id)
            throw IsOwner();

        await roles.FindOwn(member.Role.Slug, cancellation);
    }

    private static RuleBrokenException IsOwner() =>
        new("member.is_owner", "Nobody acts on the owner of the organization.");
}

/// <summary>Applies <see cref="PrivilegeGuard"/> to every request that acts on a member.</summary>
internal sealed class MemberAuthorization<TRequest, TAnswer>(PrivilegeGuard guard)
    : IPipelineBehavior<TRequest, TAnswer>
    where TRequest : IRequest<TAnswer>
{
    public async Task<TAnswer> Handle(
        TRequest request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<TAnswer> next
    )
    {
        if (request is IActsOnMember { ActsOn: { } member })
            await guard.Require(member, cancellationToken);

        return await next();
    }
}
