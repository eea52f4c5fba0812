using System.Diagnostics.Metrics;
using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Compliance;
using SchemaHub.Infrastructure.Database;

namespace SchemaHub.Infrastructure.Compliance;

/// <inheritdoc cref="IPrivacyDeadlines"/>
internal sealed class PrivacyDeadlines(Installation installation) : IPrivacyDeadlines
{
    private static readonly Meter Meter = new("SchemaHub.Privacy");

    private static readonly Gauge<long> DueSoon = Meter.CreateGauge<long>(
        "schemahub.privacy.due",
        "{request}",
        "Requests of persons that are due within a week, at the last look."
    );

    private static readonly Gauge<long> OverdueNow = Meter.CreateGauge<long>(
        "schemahub.privacy.overdue",
        "{request}",
        "Requests of persons whose last day is over, at the last look."
    );

    private const string DueSql = """
        select coalesce(r.organization_id::text, $3), o.name, u.email, count(*) filter (where r.due_on >= $2)::integer,
            count(*) filter (where r.due_on < $2)::integer, min(r.due_on)
        from access.privacy_requests r
        left join access.organizations o on o.id = r.organization_id and o.closed_at is null
        left join lateral (
            select w.user_id from access.organization_owners w
            where w.organization_id = o.id
            order by w.since_sequence desc
            limit 1
        ) w on true
        left join access.users u on u.number = w.user_id and u.removed_at is null
        where r.ended_at is null and r.due_on <= $1
        group by r.organization_id, o.name, u.email
        """;

    private const string EndedSql = """
        select coalesce(r.organization_id::text, $3), r.id
        from access.privacy_requests r
        where r.ended_at < $1 and r.forgotten_at is null
        limit $2
        """;

    public async Task<IReadOnlyList<DueRequests>> Due(DateOnly by, DateOnly today, CancellationToken cancellation) =>
        await installation.Writer.Rows(
            DueSql,
            row => new DueRequests(
                row.GetString(0),
                row.IsDBNull(1) ? null : row.GetString(1),
                row.IsDBNull(2) ? null : row.GetString(2),
                row.GetInt32(3),
                row.GetInt32(4),
                row.GetFieldValue<DateOnly>(5)
            ),
            cancellation,
            new NpgsqlParameter<DateOnly> { TypedValue = by },
            new NpgsqlParameter<DateOnly> { TypedValue = today },
            new NpgsqlParameter<string> { TypedValue = Tenant.System }
        );

    public async Task<IReadOnlyList<(string Tenant, Guid Id)>> Ended(
        DateTimeOffset before,
        int limit,
        CancellationToken cancellation
    ) =>
        await installation.Writer.Rows(
            EndedSql,
            row => (row.GetString(0), row.GetGuid(1)),
            cancellation,
            new NpgsqlParameter<DateTimeOffset> { TypedValue = before.ToUniversalTime() },
            new NpgsqlParameter<int> { TypedValue = limit },
            new NpgsqlParameter<string> { TypedValue = Tenant.System }
        );

    public async Task<IReadOnlyList<Guid>> EndedAbout(string tenant, Guid subject, CancellationToken cancellation) =>
        await installation.Writer.Rows(
            """
            select r.id
            from access.privacy_requests r
            where r.subject_id = $1 and coalesce(r.organization_id::text, $3) = $2
                and r.ended_at is not null and r.forgotten_at is null
            """,
            row => row.GetGuid(0),
            cancellation,
            new NpgsqlParameter<Guid> { TypedValue = subject },
            new NpgsqlParameter<string> { TypedValue = tenant },
            new NpgsqlParameter<string> { TypedValue = Tenant.System }
        );

    public void Measure(long due, long overdue)
    {
        DueSoon.Record(due);
        OverdueNow.Record(overdue);
    }

    public async Task<bool> IsOpenFor(string tenant, Guid contact, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            """
            select exists (
                select from access.privacy_requests r
                where r.subject_id = $1 and r.organization_id = $2 and r.ended_at is null
            )
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = contact });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.Parse(tenant) });
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }
}
