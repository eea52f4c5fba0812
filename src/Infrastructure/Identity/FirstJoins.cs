using Npgsql;
using SchemaHub.Application;
using SchemaHub.Domain.Identity;
using SchemaHub.Infrastructure.EventLog;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>The organization that somebody joined first, for accounts that have none yet.</summary>
internal static class FirstJoins
{
    public static void AddTo(NpgsqlBatch batch, string table, string column, IReadOnlyList<RecordedEvent> events)
    {
        var joins = events
            .Where(recorded => recorded.Data is MemberJoined)
            .Select(recorded => (((MemberJoined)recorded.Data).UserId, Organization: recorded.Stream))
            .DistinctBy(join => join.UserId)
            .ToList();
        if (joins.Count == 0)
            return;

        batch.Add(
            $"""
            update {table} t set {column} = u.organization_id
            from unnest($1, $2) as u (user_id, organization_id)
            where t.id = u.user_id and t.{column} is null
            """,
            joins.Select(join => join.UserId).Column(),
            joins.Select(join => join.Organization).Column()
        );
    }
}
