using FluentValidation;
using MediatR;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>The organizations that the person who asks belongs to, in the order in which they were founded.</summary>
/// <param name="Limit">1 to 200.</param>
[RequiresSignIn]
public sealed record ListMyOrganizations(int Limit = 50, long After = 0) : IQuery<Page<MyOrganization>>;

/// <summary>An organization as somebody who belongs to it sees it from outside.</summary>
/// <param name="Number">Of the organization, as saas publishes it.</param>
/// <param name="Plan"><c>free</c>, <c>pro</c> or <c>business</c>.</param>
/// <param name="Role">What the person is there.</param>
public sealed record MyOrganization(
    Guid Id,
    long Number,
    string Name,
    string Slug,
    string Plan,
    string Role,
    DateTimeOffset JoinedAt
);

/// <summary>The person who asks founds an organization and owns it, on the free plan.</summary>
/// <param name="Slug">The organization's name in URLs: lower-case letters, digits, hyphens.</param>
[RequiresSignIn]
public sealed record FoundOrganization(string Name, string Slug) : IRequest<Guid>;

internal sealed class FoundOrganizationValidator : AbstractValidator<FoundOrganization>
{
    public FoundOrganizationValidator()
    {
        RuleFor(command => command.Name).NotEmpty().PlainText(200);
        RuleFor(command => command.Slug).OrganizationSlug();
    }
}

internal sealed class ListMyOrganizationsValidator : AbstractValidator<ListMyOrganizations>
{
    public ListMyOrganizationsValidator() =>
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<MyOrganization>.MostItems);
}

internal sealed class ListMyOrganizationsHandler(IMemberships memberships, CommandContext context)
    : IRequestHandler<ListMyOrganizations, Page<MyOrganization>>
{
    public async Task<Page<MyOrganization>> Handle(ListMyOrganizations query, CancellationToken cancellation) =>
        Page<MyOrganization>.Of(
            await memberships.List(context.UserId ?? Guid.Empty, query.Limit + 1, query.After, cancellation),
            query.Limit,
            organization => organization.Number
        );
}

internal sealed class FoundOrganizationHandler(Founding founding, CommandContext context)
    : IRequestHandler<FoundOrganization, Guid>
{
    /// <exception cref="RuleBrokenException"><c>organization.exists</c>, <c>organization.too_many</c>.</exception>
    public Task<Guid> Handle(FoundOrganization command, CancellationToken cancellation)
    {
        var owner = context.UserId ?? throw new NotFoundException("user");
        return founding.Found(
            command.Slug,
            mustBeNew: true,
            async changes => new Person(owner, (await changes.Load<User, UserEvent>(owner, Tenant.System)).Number),
            (existing, person, role) => existing.Create(command.Name, command.Slug, person, role),
            // Who needs more asks the operator, who may found any number for them.
            (account, organization) => account.Found(organization),
            cancellation
        );
    }
}
