using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Domain.Identity;

namespace SchemaHub.Application.Identity;

/// <summary>The caller's organization.</summary>
[Requires("organization:read")]
public sealed record GetOrganization : IQuery<PublishedOrganization>;

/// <summary>
/// Every organization of the installation, in the order in which they were founded. Only the operator asks.
/// </summary>
/// <param name="Limit">1 to 200.</param>
[RequiresOperator]
public sealed record ListOrganizations(int Limit = 50, long After = 0) : IQuery<Page<PublishedOrganization>>;

/// <summary>An organization as published.</summary>
/// <param name="Number">The integer id of saas, as a team.</param>
/// <param name="Plan"><c>free</c>, <c>pro</c> or <c>business</c>.</param>
/// <param name="Seats">How many members it may have.</param>
/// <param name="Members">How many it has.</param>
/// <param name="Version">For <c>ETag</c> and <c>If-Match</c>.</param>
public sealed record PublishedOrganization(
    Guid Id,
    long Number,
    string Name,
    string Slug,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ClosedAt,
    string Plan,
    int Seats,
    long Members,
    long Version
);

/// <summary>Who belongs to the caller's organization, in the order in which their accounts were opened.</summary>
/// <param name="Limit">1 to 200.</param>
[Requires("organization:read")]
public sealed record ListMembers(int Limit = 50, long After = 0) : IQuery<Page<PublishedMember>>;

/// <summary>One member of the caller's organization.</summary>
[Requires("organization:read")]
public sealed record GetMember(Guid UserId) : IQuery<PublishedMember>;

/// <summary>A member as published.</summary>
/// <param name="Number">The integer id of backstage and saas.</param>
/// <param name="MembershipId">The id of podcast.users: of this organization and person together.</param>
/// <param name="Active">The membership gives access; false: it is suspended in this organization.</param>
public sealed record PublishedMember(
    Guid Id,
    long Number,
    Guid MembershipId,
    string Email,
    string? Name,
    string? FirstName,
    string? LastName,
    string? AvatarUrl,
    bool Active,
    string Role,
    DateTimeOffset JoinedAt
);

/// <summary>The system's roles and the organization's own, with what they permit.</summary>
/// <param name="Limit">1 to 200.</param>
[Requires("organization:read")]
public sealed record ListRoles(int Limit = 50, long After = 0) : IQuery<Page<PublishedRole>>;

/// <summary>One role that the organization can give, by its name within the organization.</summary>
[Requires("organization:read")]
public sealed record GetRole(string Slug) : IQuery<PublishedRole>;

/// <summary>A role as published.</summary>
/// <param name="Number">The integer id of saas.</param>
/// <param name="Version">For <c>If-Match</c>; null for a role of the system, which nobody changes.</param>
public sealed record PublishedRole(
    Guid Id,
    long Number,
    string Slug,
    string Name,
    string? Description,
    bool IsSystem,
    IReadOnlyList<string> Permissions,
    long? Version
);

/// <summary>Everything that a role can permit.</summary>
[Requires("organization:read")]
public sealed record ListPermissions : IQuery<IReadOnlyList<PublishedPermission>>;

/// <summary>One thing that can be permitted.</summary>
public sealed record PublishedPermission(Guid Id, long Number, string Name, string? Description);

internal sealed class GetOrganizationHandler(
    TenantDatabase database,
    Records.OperatorDatabase operators,
    CommandContext context
)
    : IRequestHandler<GetOrganization, PublishedOrganization>,
        IRequestHandler<ListOrganizations, Page<PublishedOrganization>>
{
    private const string Sql = """
        select o.id, n.number, o.name, o.slug, o.created_at, o.closed_at, o.plan, o.seats,
            (select count(*) from access.memberships m where m.organization_id = o.id), s.version
        from access.organizations o
        join events.mt_streams s on s.id = o.id
        join events.streams n on n.tenant_id = s.tenant_id and n.id = s.id
        where n.number > $1
        order by n.number
        limit $2
        """;

    public async Task<PublishedOrganization> Handle(GetOrganization query, CancellationToken cancellation) =>
        (await Read(database, after: 0, most: 1, cancellation)).SingleOrDefault()
        ?? throw new NotFoundException("organization");

    public async Task<Page<PublishedOrganization>> Handle(ListOrganizations query, CancellationToken cancellation) =>
        Page<PublishedOrganization>.Of(
            await Read(operators.Rows, query.After, query.Limit + 1, cancellation),
            query.Limit,
            organization => organization.Number
        );

    private Task<List<PublishedOrganization>> Read(
        TenantDatabase rows,
        long after,
        int most,
        CancellationToken cancellation
    ) =>
        rows.Rows(
            context.Tenant,
            Sql,
            row => new PublishedOrganization(
                row.GetGuid(0),
                row.GetInt64(1),
                row.GetString(2),
                row.GetString(3),
                row.Utc(4),
                row.UtcOrNull(5),
                row.GetString(6),
                row.IsDBNull(7) ? Plans.SeatsOf(row.GetString(6)) : row.GetInt32(7),
                row.GetInt64(8),
                row.GetInt64(9)
            ),
            cancellation,
            new NpgsqlParameter<long> { TypedValue = after },
            new NpgsqlParameter<int> { TypedValue = most }
        );
}

internal sealed class ListOrganizationsValidator : AbstractValidator<ListOrganizations>
{
    public ListOrganizationsValidator() =>
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<PublishedOrganization>.MostItems);
}

internal sealed class ListMembersHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ListMembers, Page<PublishedMember>>,
        IRequestHandler<GetMember, PublishedMember>
{
    private const string Sql = """
        select u.id, u.number, m.id, u.email, u.name, u.first_name, u.last_name, u.avatar_url,
            m.suspended_at is null, m.role_slug, m.joined_at
        from access.memberships m
        join access.users u on u.id = m.user_id
        where m.user_number > $1 and ($3 is null or m.user_id = $3)
        order by m.user_number
        limit $2
        """;

    public async Task<Page<PublishedMember>> Handle(ListMembers query, CancellationToken cancellation) =>
        Page<PublishedMember>.Of(
            await Read(query.After, query.Limit + 1, user: null, cancellation),
            query.Limit,
            member => member.Number
        );

    public async Task<PublishedMember> Handle(GetMember query, CancellationToken cancellation) =>
        (await Read(after: 0, most: 1, query.UserId, cancellation)).SingleOrDefault()
        ?? throw new NotFoundException("member");

    private Task<List<PublishedMember>> Read(long after, int most, Guid? user, CancellationToken cancellation) =>
        database.Rows(
            context.Tenant,
            Sql,
            row => new PublishedMember(
                row.GetGuid(0),
                row.GetInt32(1),
                row.GetGuid(2),
                row.GetString(3),
                row.TextOrNull(4),
                row.TextOrNull(5),
                row.TextOrNull(6),
                row.TextOrNull(7),
                row.GetBoolean(8),
                row.GetString(9),
                row.Utc(10)
            ),
            cancellation,
            new NpgsqlParameter<int> { TypedValue = (int)Math.Min(after, int.MaxValue) },
            new NpgsqlParameter<int> { TypedValue = most },
            OneOrAll.Of(user)
        );
}

internal sealed class ListRolesHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ListRoles, Page<PublishedRole>>,
        IRequestHandler<GetRole, PublishedRole>
{
    private const string Sql = """
        select r.id, r.number, r.slug, r.name, r.description, r.organization_id is null,
            array(
                select p.permission::text from access.role_permissions p where p.role_id = r.id order by p.permission
            ),
            s.version
        from access.roles r
        left join events.mt_streams s on s.id = r.id
        where r.number > $1 and ($3 is null or r.id = $3)
        order by r.number
        limit $2
        """;

    public async Task<Page<PublishedRole>> Handle(ListRoles query, CancellationToken cancellation) =>
        Page<PublishedRole>.Of(
            await Read(query.After, query.Limit + 1, id: null, cancellation),
            query.Limit,
            role => role.Number
        );

    public async Task<PublishedRole> Handle(GetRole query, CancellationToken cancellation)
    {
        var id = Roles.IsSystem(query.Slug) ? Roles.SystemId(query.Slug) : Roles.OwnId(context.Tenant, query.Slug);
        return (await Read(after: 0, most: 1, id, cancellation)).SingleOrDefault()
            ?? throw new NotFoundException("role");
    }

    private Task<List<PublishedRole>> Read(long after, int most, Guid? id, CancellationToken cancellation) =>
        database.Rows(
            context.Tenant,
            Sql,
            row => new PublishedRole(
                row.GetGuid(0),
                row.GetInt32(1),
                row.GetString(2),
                row.GetString(3),
                row.TextOrNull(4),
                row.GetBoolean(5),
                row.GetFieldValue<string[]>(6),
                row.IsDBNull(7) ? null : row.GetInt64(7)
            ),
            cancellation,
            new NpgsqlParameter<int> { TypedValue = (int)Math.Min(after, int.MaxValue) },
            new NpgsqlParameter<int> { TypedValue = most },
            OneOrAll.Of(id)
        );
}

internal sealed class ListPermissionsHandler(TenantDatabase database, CommandContext context)
    : IRequestHandler<ListPermissions, IReadOnlyList<PublishedPermission>>
{
    // As many as the program knows: a bounded list by nature.
    private const string Sql = "select p.id, p.number, p.name, p.description from access.permissions p order by p.name";

    public async Task<IReadOnlyList<PublishedPermission>> Handle(
        ListPermissions query,
        CancellationToken cancellation
    ) =>
        await database.Rows(
            context.Tenant,
            Sql,
            row => new PublishedPermission(row.GetGuid(0), row.GetInt32(1), row.GetString(2), row.TextOrNull(3)),
            cancellation
        );
}

internal static class OneOrAll
{
    /// <summary>An id to be found, or null for all.</summary>
    public static NpgsqlParameter Of(Guid? id) =>
        new() { NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Uuid, Value = (object?)id ?? DBNull.Value };
}

internal sealed class ListMembersValidator : AbstractValidator<ListMembers>
{
    public ListMembersValidator() => RuleFor(query => query.Limit).InclusiveBetween(1, Page<PublishedMember>.MostItems);
}

internal sealed class ListRolesValidator : AbstractValidator<ListRoles>
{
    public ListRolesValidator() => RuleFor(query => query.Limit).InclusiveBetween(1, Page<PublishedRole>.MostItems);
}
