using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Founds an organization and, where the address is new, its owner's account.</summary>
/// <param name="Slug">The organization's name in URLs: lower-case letters, digits, hyphens.</param>
/// <param name="MustBeNew">The same slug again is refused instead of being the same organization.</param>
/// <param name="Plan">One of <see cref="Plans"/>.</param>
/// <param name="Seats">Members it may have instead of the plan's number.</param>
[RequiresOperator]
public sealed record CreateOrganization(
    string Name,
    string Slug,
    string OwnerEmail,
    bool MustBeNew = false,
    string Plan = Plans.Free,
    int? Seats = null
) : IRequest<Guid>;

internal sealed class CreateOrganizationValidator : AbstractValidator<CreateOrganization>
{
    public CreateOrganizationValidator()
    {
        RuleFor(command => command.Name).NotEmpty().PlainText(200);
        RuleFor(command => command.Slug).OrganizationSlug();
        RuleFor(command => command.OwnerEmail).EmailAddress();
        RuleFor(command => command.Plan).Plan();
        RuleFor(command => command.Seats).Seats();
    }
}

internal sealed class CreateOrganizationHandler(IKeyedIds ids, Founding founding)
    : IRequestHandler<CreateOrganization, Guid>
{
    public Task<Guid> Handle(CreateOrganization command, CancellationToken cancellation)
    {
        var address = EmailAddress.Parse(command.OwnerEmail);
        var owner = ids.OfUser(address);
        return founding.Found(
            command.Slug,
            command.MustBeNew,
            async changes =>
            {
                var user = await changes.Change<User, UserEvent>(
                    owner,
                    account => account.Register(address.Value, name: null),
                    Tenant.System
                );
                return new Person(owner, user.Number);
            },
            (existing, person, role) =>
                existing.Create(command.Name, command.Slug, person, role, command.Plan, command.Seats),
            (account, organization) => account.TakeOwnership(organization),
            cancellation
        );
    }
}

/// <summary>How organizations come about. The slug names one: the same slug again is the same organization.</summary>
internal sealed class Founding(IEventLog log, Roles roles)
{
    /// <summary>Founds an organization, in one commit with what its owner's account needs.</summary>
    /// <param name="own">The owner's account decides whether it owns one more.</param>
    /// <exception cref="RuleBrokenException"><c>organization.exists</c>, <c>organization.too_many</c>.</exception>
    public async Task<Guid> Found(
        string slug,
        bool mustBeNew,
        Func<IChanges, Task<Person>> owner,
        Func<Organization, Person, GivenRole, IReadOnlyList<OrganizationEvent>> create,
        Func<User, Guid, IReadOnlyList<UserEvent>> own,
        CancellationToken cancellation
    )
    {
        var organization = ContentIds.Of("organization", slug);
        var there = log.In(organization.ToString());
        // Before the roles are made: a slug that is taken changes nothing.
        if (mustBeNew)
            RequireNew((await there.Load<Organization, OrganizationEvent>(organization, cancellation)).State);

        await roles.EnsureSystem(cancellation);
        var ownerRole = await roles.Find(SystemRoles.Owner, cancellation);
        return await there.Answer(
            () => organization,
            answering =>
                answering.ChangeTogether(
                    async changes =>
                    {
                        var person = await owner(changes);
                        var isNew = false;
                        await changes.Change<Organization, OrganizationEvent>(
                            organization,
                            existing =>
                            {
                                if (mustBeNew)
                                    RequireNew(existing);

                                isNew = !existing.IsCreated;
                                return create(existing, person, ownerRole);
                            }
                        );
                        if (isNew)
                            await changes.Change<User, UserEvent>(
                                person.Id,
                                account => own(account, organization),
                                Tenant.System
                            );
                    },
                    cancellation
                )
        );
    }

    private static void RequireNew(Organization existing)
    {
        if (existing.IsCreated)
            throw new RuleBrokenException("organization.exists", "There is an organization of this slug.");
    }
}

internal static class OrganizationRules
{
    public static IRuleBuilderOptions<T, string> OrganizationSlug<T>(this IRuleBuilder<T, string> rule) =>
        rule.NotNull()
            .Matches("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\z")
            .WithMessage("A slug is 1 to 63 lower-case letters, digits and hyphens, not at the ends.");
}
