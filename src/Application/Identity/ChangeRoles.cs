using FluentValidation;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Records;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>Makes a role of the caller's organization, or replaces what it is called and permits.</summary>
/// <param name="Slug">Its identity within the organization.</param>
/// <param name="Permissions">Such as <c>contacts:read</c>.</param>
[Requires("roles:write")]
public sealed record SaveRole(
    string Slug,
    string Name,
    string? Description,
    IReadOnlyList<string> Permissions,
    long? ExpectedVersion = null
) : ICommand;

/// <summary>Removes a role that nobody holds.</summary>
[Requires("roles:write")]
public sealed record RemoveRole(string Slug) : ICommand;

internal sealed class SaveRoleValidator : AbstractValidator<SaveRole>
{
    // With the organization's slug of at most 63 in front it must fit 100.
    private const int MostSlugCharacters = 36;

    public SaveRoleValidator()
    {
        RuleFor(command => command.Slug)
            .NotEmpty()
            .MaximumLength(MostSlugCharacters)
            .Matches("^[a-z0-9]([a-z0-9-]*[a-z0-9])?\\z")
            .WithMessage("A role's slug is 1 to 36 lower-case letters, digits and hyphens, not at the ends.");
        RuleFor(command => command.Slug)
            .Must(slug => !Roles.IsSystem(slug))
            .WithMessage("The system has a role of this name.");
        RuleFor(command => command.Name).NotEmpty().PlainText(100);
        RuleFor(command => command.Description).Prose(1_000);
        RuleFor(command => command.Permissions)
            .NotNull()
            .Must(names => names is null || names.Count <= 100)
            .WithMessage("A role has at most 100 permissions.");
        RuleForEach(command => command.Permissions).NotNull();
    }
}

internal sealed class SaveRoleHandler(IEventLog log, Roles roles, CommandContext context) : ICommandHandler<SaveRole>
{
    public async Task<Position> Handle(SaveRole command, CancellationToken cancellation)
    {
        var permissions = await roles.Permissions(command.Permissions, cancellation);
        roles.RequireOwn(command.Permissions);
        var organization = await log.Load<Organization, OrganizationEvent>(context.OrganizationId, cancellation);
        var published = $"{organization.State.Slug}/{command.Slug}";
        return await log.Change<Role, RoleEvent>(
            Roles.OwnId(context.Tenant, command.Slug),
            role =>
            {
                roles.RequireOwn(role.Permissions.Keys);
                var made = role.Exists
                    ? role.Describe(command.Name, command.Description)
                    : role.Create(command.Name, published, command.Description, isSystem: false);
                var there = made.Aggregate(role, (state, happened) => state.Apply(happened));
                return [.. made, .. there.SetPermissions(permissions)];
            },
            cancellation,
            command.ExpectedVersion
        );
    }
}

internal sealed class RemoveRoleHandler(IEventLog log, IMemberships memberships, Roles roles, CommandContext context)
    : ICommandHandler<RemoveRole>
{
    public async Task<Position> Handle(RemoveRole command, CancellationToken cancellation)
    {
        var id = Roles.OwnId(context.Tenant, command.Slug);
        // Who gets the role in this very moment is refused by the published tables' foreign keys, or this is.
        if (await memberships.IsHeld(id, cancellation))
            throw new RuleBrokenException(
                "role.held",
                "Members hold this role, or are invited to it: give them another one first."
            );

        return await log.Change<Role, RoleEvent>(
            id,
            role =>
            {
                roles.RequireOwn(role.Permissions.Keys);
                return role.Remove();
            },
            cancellation
        );
    }
}
