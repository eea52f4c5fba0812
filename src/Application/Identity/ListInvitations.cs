using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Identity;

/// <summary>The invitations of the caller's organization, in the order in which they were sent first.</summary>
/// <param name="Status">Only those: <c>pending</c>, <c>accepted</c>, <c>expired</c>, <c>revoked</c>.</param>
/// <param name="Limit">1 to 200.</param>
[Requires("members:write")]
public sealed record ListInvitations(string? Status = null, int Limit = 50, long After = 0)
    : IQuery<Page<PublishedInvitation>>;

/// <summary>One invitation of the caller's organization.</summary>
[Requires("members:write")]
public sealed record GetInvitation(Guid Id) : IQuery<PublishedInvitation>;

/// <summary>An invitation as published.</summary>
/// <param name="Number">The integer id of saas.</param>
/// <param name="InvitedBy">The account of who invited.</param>
/// <param name="Status"><c>pending</c>, <c>accepted</c>, <c>expired</c>, <c>revoked</c>.</param>
/// <param name="Mails">How often it was mailed.</param>
/// <param name="UserId">Who joined by it.</param>
public sealed record PublishedInvitation(
    Guid Id,
    long Number,
    string Email,
    string Role,
    Guid InvitedBy,
    string? Message,
    string Status,
    int Mails,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? AcceptedAt,
    Guid? UserId,
    DateTimeOffset CreatedAt
);

internal sealed class ListInvitationsValidator : AbstractValidator<ListInvitations>
{
    public ListInvitationsValidator()
    {
        RuleFor(query => query.Limit).InclusiveBetween(1, Page<PublishedInvitation>.MostItems);
        RuleFor(query => query.Status)
            .OneOf(["pending", "accepted", "expired", "revoked"])
            .When(query => query.Status is not null);
    }
}

internal sealed class ListInvitationsHandler(TenantDatabase database, CommandContext context, TimeProvider clock)
    : IRequestHandler<ListInvitations, Page<PublishedInvitation>>,
        IRequestHandler<GetInvitation, PublishedInvitation>
{
    // One whose time is over is shown so before the job says it.
    private const string Sql = """
        select i.id, i.number, i.email, i.role_slug, i.invited_by, i.message, s.status, i.mails, i.expires_at,
            i.accepted_at, i.user_id, i.created_at
        from access.invitations i
        cross join lateral (
            select case when i.status = 'pending' and i.expires_at <= $5 then 'expired' else i.status end as status
        ) s
        where i.organization_id = $6 and i.number > $1 and ($3 is null or i.id = $3) and ($4 is null or s.status = $4)
        order by i.number
        limit $2
        """;

    public async Task<Page<PublishedInvitation>> Handle(ListInvitations query, CancellationToken cancellation) =>
        Page<PublishedInvitation>.Of(
            await Read(query.After, query.Limit + 1, id: null, query.Status, cancellation),
            query.Limit,
            invitation => invitation.Number
        );

    public async Task<PublishedInvitation> Handle(GetInvitation query, CancellationToken cancellation) =>
        (await Read(after: 0, most: 1, query.Id, status: null, cancellation)).SingleOrDefault()
        ?? throw new NotFoundException("invitation");

    private Task<List<PublishedInvitation>> Read(
        long after,
        int most,
        Guid? id,
        string? status,
        CancellationToken cancellation
    ) =>
        database.Rows(
            context.Tenant,
            Sql,
            row => new PublishedInvitation(
                row.GetGuid(0),
                row.GetInt32(1),
                row.GetString(2),
                row.GetString(3),
                row.GetGuid(4),
                row.TextOrNull(5),
                row.GetString(6),
                row.GetInt32(7),
                row.Utc(8),
                row.UtcOrNull(9),
                row.GuidOrNull(10),
                row.Utc(11)
            ),
            cancellation,
            new NpgsqlParameter<int> { TypedValue = (int)Math.Min(after, int.MaxValue) },
            new NpgsqlParameter<int> { TypedValue = most },
            OneOrAll.Of(id),
            new NpgsqlParameter
            {
                NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text,
                Value = (object?)status ?? DBNull.Value,
            },
            new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() },
            new NpgsqlParameter<Guid> { TypedValue = context.OrganizationId }
        );
}
