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
[Requires("organization:transfer")]
public sealed record CreateOrganization(string Name, string Slug, string OwnerEmail, bool MustBeNew = false)
    : IRequest<Guid>;

internal sealed class CreateOrganizationValidator : AbstractValidator<CreateOrganization>
{
    public CreateOrganizationValidator()
    {
        RuleFor(command => command.Name).NotEmpty().PlainText(200);
        RuleFor(command => command.Slug)
            .Matches("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\z")
            .WithMessage("A slug is 1 to 63 lower-case letters, digits and hyphens, not at the ends.");
        RuleFor(command => command.OwnerEmail).EmailAddress();
    }
}

internal sealed class CreateOrganizationHandler(IEventLog log, IKeyedIds ids, Roles roles, CommandContext context)
    : IRequestHandler<CreateOrganization, Guid>
{
    public async Task<Guid> Handle(CreateOrganization command, CancellationToken cancellation)
    {
        // The slug names the organization: the same slug again is the same organization, not a second one.
        var organization = ContentIds.Of("organization", command.Slug);
        context.Tenant = organization.ToString();
        if (command.MustBeNew)
            RequireNew((await log.Load<Organization, OrganizationEvent>(organization, cancellation)).State);

        await roles.EnsureSystem(cancellation);
        var address = EmailAddress.Parse(command.OwnerEmail);
        var owner = ids.OfUser(address);
        var user = await roles.AsSystem(() =>
            log.Change<User, UserEvent>(owner, user => user.Register(address.Value, name: null), cancellation)
        );
        var ownerRole = await roles.Find(SystemRoles.Owner, cancellation);
        await log.Change<Organization, OrganizationEvent>(
            organization,
            existing =>
            {
                if (command.MustBeNew)
                    RequireNew(existing);

                return existing.Create(command.Name, command.Slug, new Person(owner, user.Number), ownerRole);
            },
            cancellation
        );
        return organization;
    }

    private static void RequireNew(Organization existing)
    {
        if (existing.IsCreated)
            throw new RuleBrokenException("organization.exists", "There is an organization of this slug.");
    }
}
