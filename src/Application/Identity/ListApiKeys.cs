using FluentValidation;
using MediatR;
using Npgsql;
using SchemaHub.Application.Access;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Identity;

/// <summary>The keys of the caller's organization, revoked ones too.</summary>
/// <param name="Limit">1 to 200.</param>
[Requires("keys:write")]
public sealed record ListApiKeys(int Limit = 50, long After = 0) : IQuery<Page<PublishedApiKey>>;

/// <summary>One key of the caller's organization.</summary>
[Requires("keys:write")]
public sealed record GetApiKey(Guid Id) : IQuery<PublishedApiKey>;

/// <summary>A key as published: what it is recognized by, never what it opens with.</summary>
/// <param name="Number">The integer id of saas.</param>
/// <param name="Version">For <c>If-Match</c>.</param>
/// <param name="UserId">The holder: the key opens no more than this member may do.</param>
/// <param name="MadeBy">
/// The member who was shown the secret: it opens no more than they may do. Null: the operator.
/// </param>
/// <param name="IsProgramOfOrganization">The holder did not make it: it is for programs of the organization.</param>
/// <param name="Scopes">The permissions it carries; null: all that its holder has.</param>
/// <param name="PreviousUntil">UTC; until when the secret before the present one still opens.</param>
/// <param name="RotationDue">Whether the policy wants another secret by now.</param>
/// <param name="LastUsedAt">UTC, a few seconds behind; null while it was never used.</param>
/// <param name="UsageCount">How many requests it made, a few seconds behind.</param>
public sealed record PublishedApiKey(
    Guid Id,
    long Number,
    string Name,
    string? Description,
    string Prefix,
    Guid? UserId,
    Guid? MadeBy,
    bool IsProgramOfOrganization,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt,
    string RotationPolicy,
    DateTimeOffset? LastRotatedAt,
    DateTimeOffset? NextRotationAt,
    DateTimeOffset? RevokedAt,
    string? RevokedReason,
    long Version,
    IReadOnlyList<string>? Scopes,
    DateTimeOffset? PreviousUntil,
    bool RotationDue,
    DateTimeOffset? LastUsedAt,
    long UsageCount
);

internal sealed class ListApiKeysValidator : AbstractValidator<ListApiKeys>
{
    public ListApiKeysValidator() => RuleFor(query => query.Limit).InclusiveBetween(1, Page<PublishedApiKey>.MostItems);
}

internal sealed class ListApiKeysHandler(TenantDatabase database, CommandContext context, TimeProvider clock)
    : IRequestHandler<ListApiKeys, Page<PublishedApiKey>>,
        IRequestHandler<GetApiKey, PublishedApiKey>
{
    private const string Sql = """
        select k.id, k.number, k.name, k.description, k.prefix, k.user_id, k.made_by, k.created_at, k.expires_at,
            k.rotation_policy, k.last_rotated_at, k.next_rotation_at, k.revoked_at, k.revoked_reason, s.version,
            k.scopes, case when k.previous_until > $4 and k.revoked_at is null then k.previous_until end,
            coalesce(k.next_rotation_at <= $4 and k.revoked_at is null, false), u.last_used_at,
            coalesce(u.usage_count, 0)
        from access.api_keys k
        join events.mt_streams s on s.id = k.id
        left join access.key_usage u on u.key_id = k.id
        where k.number > $1 and ($3 is null or k.id = $3)
        order by k.number
        limit $2
        """;

    public async Task<Page<PublishedApiKey>> Handle(ListApiKeys query, CancellationToken cancellation) =>
        Page<PublishedApiKey>.Of(
            await Read(query.After, query.Limit + 1, key: null, cancellation),
            query.Limit,
            key => key.Number
        );

    public async Task<PublishedApiKey> Handle(GetApiKey query, CancellationToken cancellation) =>
        (await Read(after: 0, most: 1, query.Id, cancellation)).SingleOrDefault()
        ?? throw new NotFoundException("api_key");

    private Task<List<PublishedApiKey>> Read(long after, int most, Guid? key, CancellationToken cancellation) =>
        database.Rows(
            context.Tenant,
            Sql,
            row => new PublishedApiKey(
                row.GetGuid(0),
                row.GetInt32(1),
                row.GetString(2),
                row.TextOrNull(3),
                row.GetString(4),
                row.GuidOrNull(5),
                row.GuidOrNull(6),
                row.GuidOrNull(5) != row.GuidOrNull(6),
                row.Utc(7),
                row.UtcOrNull(8),
                row.GetString(9),
                row.UtcOrNull(10),
                row.UtcOrNull(11),
                row.UtcOrNull(12),
                row.TextOrNull(13),
                row.GetInt64(14),
                row.IsDBNull(15) ? null : row.GetFieldValue<string[]>(15),
                row.UtcOrNull(16),
                row.GetBoolean(17),
                row.UtcOrNull(18),
                row.GetInt64(19)
            ),
            cancellation,
            new NpgsqlParameter<int> { TypedValue = (int)Math.Min(after, int.MaxValue) },
            new NpgsqlParameter<int> { TypedValue = most },
            OneOrAll.Of(key),
            new NpgsqlParameter<DateTimeOffset> { TypedValue = clock.GetUtcNow() }
        );
}
