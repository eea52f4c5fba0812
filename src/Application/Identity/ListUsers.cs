using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;
using SchemaHub.Application.Records;

namespace SchemaHub.Application.Identity;

/// <summary>
/// Every account of the installation, in the order in which they were opened. Only the operator asks.
/// </summary>
/// <param name="Limit">1 to 200.</param>
[RequiresOperator]
public sealed record ListUsers(int Limit = 50, long After = 0) : IQuery<Page<PublishedUser>>;

/// <summary>One account of the installation. Only the operator asks.</summary>
[RequiresOperator]
public sealed record GetUser(Guid Id) : IQuery<PublishedUser>;

/// <summary>An account as the operator sees it.</summary>
/// <param name="Number">The integer id of backstage and saas.</param>
/// <param name="Roles">The system's roles held throughout the installation.</param>
/// <param name="Organizations">
/// Slugs of the organizations it belongs to, each with its role: <c>acme (owner)</c>.
/// </param>
public sealed record PublishedUser(
    Guid Id,
    long Number,
    string Email,
    string? Name,
    bool Active,
    IReadOnlyList<string> Roles,
    IReadOnlyList<string> Organizations,
    DateTimeOffset CreatedAt,
    DateTimeOffset? RemovedAt
);

internal sealed class ListUsersValidator : AbstractValidator<ListUsers>
{
    public ListUsersValidator() => RuleFor(query => query.Limit).InclusiveBetween(1, Page<PublishedUser>.MostItems);
}

internal sealed class ListUsersHandler(OperatorDatabase database)
    : IRequestHandler<ListUsers, Page<PublishedUser>>,
        IRequestHandler<GetUser, PublishedUser>
{
    private const string Sql = """
        select u.id, u.number, u.email, u.name, u.is_active,
            array(select r.role_slug::text from access.user_roles r where r.user_id = u.id order by 1),
            array(
                select o.slug || ' (' || m.role_slug || ')'
                from access.memberships m
                join access.organizations o on o.id = m.organization_id
                where m.user_id = u.id
                order by 1
                limit 100
            ),
            u.created_at, u.removed_at
        from access.users u
        where u.number > $1 and ($3 is null or u.id = $3)
        order by u.number
        limit $2
        """;

    public async Task<Page<PublishedUser>> Handle(ListUsers query, CancellationToken cancellation) =>
        Page<PublishedUser>.Of(
            await Read(query.After, query.Limit + 1, id: null, cancellation),
            query.Limit,
            user => user.Number
        );

    public async Task<PublishedUser> Handle(GetUser query, CancellationToken cancellation) =>
        (await Read(after: 0, most: 1, query.Id, cancellation)).SingleOrDefault()
        ?? throw new NotFoundException("user");

    private Task<List<PublishedUser>> Read(long after, int most, Guid? id, CancellationToken cancellation) =>
        database.Rows.Rows(
            Tenant.System,
            Sql,
            row => new PublishedUser(
                row.GetGuid(0),
                row.GetInt32(1),
                row.GetString(2),
                row.TextOrNull(3),
                row.GetBoolean(4),
                row.GetFieldValue<string[]>(5),
                row.GetFieldValue<string[]>(6),
                row.Utc(7),
                row.UtcOrNull(8)
            ),
            cancellation,
            new NpgsqlParameter<int> { TypedValue = (int)Math.Min(after, int.MaxValue) },
            new NpgsqlParameter<int> { TypedValue = most },
            OneOrAll.Of(id)
        );
}
