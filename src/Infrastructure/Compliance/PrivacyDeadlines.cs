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

    public async Task<IReadOnlyList<DueRequests>> Due(DateOnly by, DateOnly today, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(DueSql);
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = by });
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = today });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Tenant.System });
        var due = new List<DueRequests>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            due.Add(
                new DueRequests(
                    reader.GetString(0),
                    reader.IsDBNull(1) ? null : reader.GetString(1),
                    reader.IsDBNull(2) ? null : reader.GetString(2),
                    reader.GetInt32(3),
                    reader.GetInt32(4),
                    reader.GetFieldValue<DateOnly>(5)
                )
            );

        return due;
    }

    public async Task<IReadOnlyList<(string Tenant, Guid Id)>> Ended(
        DateTimeOffset before,
        int limit,
        CancellationToken cancellation
    )
    {
        await using var command = installation.Writer.CreateCommand(EndedSql);
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = before.ToUniversalTime() });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Tenant.System });
        var ended = new List<(string, Guid)>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            ended.Add((reader.GetString(0), reader.GetGuid(1)));

        return ended;
    }

    public async Task<IReadOnlyList<Guid>> EndedAbout(string tenant, Guid subject, CancellationToken cancellation)
    {
        await using var command = installation.Writer.CreateCommand(
            """
            select r.id
            from access.privacy_requests r
            where r.subject_id = $1 and coalesce(r.organization_id::text, $3) = $2
                and r.ended_at is not null and r.forgotten_at is null
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = subject });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Tenant.System });
        var ended = new List<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
            ended.Add(reader.GetGuid(0));

        return ended;
    }

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
