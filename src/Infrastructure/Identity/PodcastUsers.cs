using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.Compliance;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>
/// Fills <c>podcast.users</c>: a row per organization and member, which tells nothing of other organizations. The
/// address is taken from the service's own accounts, which are written before.
/// </summary>
internal static class PodcastUsers
{
    public static void AddTo(NpgsqlBatch batch, string schema, IReadOnlyList<RecordedEvent> events)
    {
        var members = new Dictionary<Guid, MemberRow>();
        foreach (var recorded in events)
            Apply(recorded, members);

        AddVerifications(batch, schema, events);
        AddRemovals(batch, schema, events);
        AddJoins(batch, schema, [.. members.Values.Where(member => member.JoinedAt is not null)]);
        AddLeavings(batch, schema, [.. members.Values.Where(member => member.JoinedAt is null)]);
    }

    private static void Apply(RecordedEvent recorded, Dictionary<Guid, MemberRow> members)
    {
        var at = recorded.RecordedAt.ToUniversalTime();
        switch (recorded.Data)
        {
            case MemberJoined joined:
                var id = Membership.IdOf(recorded.Stream, joined.UserId);
                var first = members.GetValueOrDefault(id)?.JoinedAt ?? at;
                members[id] = new MemberRow(id, recorded.Stream, joined.UserId, first, at, LeftAt: null, Erased: null);
                break;
            case MemberLeft left:
                var row = Membership.IdOf(recorded.Stream, left.UserId);
                var known =
                    members.GetValueOrDefault(row)
                    ?? new MemberRow(row, recorded.Stream, left.UserId, JoinedAt: null, at, LeftAt: at, Erased: null);
                members[row] = known with { ChangedAt = at, LeftAt = at };
                break;
            case UserRemoved:
                foreach (var member in members.Values.Where(member => member.User == recorded.Stream).ToList())
                    members[member.Id] = member with
                    {
                        ChangedAt = at,
                        LeftAt = member.LeftAt ?? at,
                        Erased = ErasedAddress.Of(recorded.Number),
                    };

                break;
        }
    }

    private static void AddVerifications(NpgsqlBatch batch, string schema, IReadOnlyList<RecordedEvent> events)
    {
        var verified = events.Where(recorded => recorded.Data is EmailVerified).DistinctBy(one => one.Stream).ToList();
        if (verified.Count == 0)
            return;

        // An address that signs up again has the stream of the account that was removed, and not its rows.
        batch.Add(
            $"""
            update {schema}.users u set email_verified = true
            from unnest($1, $2) as v (account, erased)
            where u.account_id = v.account and u.email <> v.erased
            """,
            verified.Select(one => one.Stream).Column(),
            verified.Select(one => ErasedAddress.Of(one.Number)).Column()
        );
    }

    // Rows of earlier batches.
    private static void AddRemovals(NpgsqlBatch batch, string schema, IReadOnlyList<RecordedEvent> events)
    {
        var removed = events.Where(recorded => recorded.Data is UserRemoved).DistinctBy(one => one.Stream).ToList();
        if (removed.Count == 0)
            return;

        batch.Add(
            $"""
            update {schema}.users u
            set email = r.email, email_verified = false, updated_at = r.at, deleted_at = coalesce(u.deleted_at, r.at)
            from unnest($1, $2, $3) as r (account, email, at)
            where u.account_id = r.account
            """,
            removed.Select(one => one.Stream).Column(),
            removed.Select(one => ErasedAddress.Of(one.Number)).Column(),
            removed.Select(one => one.RecordedAt.ToUniversalTime()).Column()
        );
    }

    private static void AddJoins(NpgsqlBatch batch, string schema, IReadOnlyList<MemberRow> joined)
    {
        if (joined.Count == 0)
            return;

        batch.Add(
            $"""
            insert into {schema}.users (
                id, tenant_id, account_id, email, password_hash, email_verified, created_at, updated_at, deleted_at
            )
            select j.id, j.tenant, j.account, coalesce(j.erased, a.email), '!', j.erased is null and a.is_verified,
                j.joined_at, j.changed_at, j.left_at
            from unnest($1, $2, $3, $4, $5, $6, $7) as j (id, tenant, account, joined_at, changed_at, left_at, erased)
            join access.users a on a.id = j.account
            on conflict (id) do update set email = excluded.email, email_verified = excluded.email_verified,
                updated_at = excluded.updated_at, deleted_at = excluded.deleted_at
            """,
            joined.Select(one => one.Id).Column(),
            joined.Select(one => one.Organization).Column(),
            joined.Select(one => one.User).Column(),
            joined.Select(one => one.JoinedAt!.Value).Column(),
            joined.Select(one => one.ChangedAt).Column(),
            joined.Select(one => one.LeftAt).Column(),
            joined.Select(one => one.Erased).Column()
        );
    }

    private static void AddLeavings(NpgsqlBatch batch, string schema, IReadOnlyList<MemberRow> left)
    {
        if (left.Count == 0)
            return;

        batch.Add(
            $"""
            update {schema}.users u set updated_at = l.changed_at, deleted_at = l.left_at
            from unnest($1, $2, $3) as l (id, changed_at, left_at)
            where u.id = l.id
            """,
            left.Select(one => one.Id).Column(),
            left.Select(one => one.ChangedAt).Column(),
            left.Select(one => one.LeftAt).Column()
        );
    }

    /// <summary>What a batch leaves of a member.</summary>
    /// <param name="JoinedAt">When they joined first within the batch; null: before it.</param>
    /// <param name="Erased">What the address became when the account was removed.</param>
    private sealed record MemberRow(
        Guid Id,
        Guid Organization,
        Guid User,
        DateTimeOffset? JoinedAt,
        DateTimeOffset ChangedAt,
        DateTimeOffset? LeftAt,
        string? Erased
    );
}
