using Npgsql;
using SchemaHub.Application;
using SchemaHub.Application.Podcasts;
using SchemaHub.Infrastructure.Database;
using SchemaHub.Infrastructure.EventLog;
using static SchemaHub.Infrastructure.EventLog.BatchExtensions;

namespace SchemaHub.Infrastructure.Podcasts;

/// <summary>
/// Batches as arrays, one statement each, under the service's query role: what the tenant may write is decided by the
/// tables' own policies. COPY would be faster, and PostgreSQL refuses it where rows are isolated.
/// </summary>
internal sealed class TelemetryWriter(Installation installation) : ITelemetry
{
    private const string ListenerEvents = """
        insert into podcast.listener_events
            (id, tenant_id, episode_id, listener_id, event_type, event_data, occurred_at)
        select u.id, $1, u.episode_id, u.listener_id, u.event_type, u.event_data, u.occurred_at
        from unnest($2, $3, $4, $5, $6, $7) as u (id, episode_id, listener_id, event_type, event_data, occurred_at)
        on conflict (id, occurred_at) do nothing
        """;

    private const string AttributionEvents = """
        insert into podcast.attribution_events
            (id, tenant_id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
        select u.id, $1, u.campaign_id, u.episode_id, u.listener_id, u.attribution_type, u.attribution_data,
            u.occurred_at
        from unnest($2, $3, $4, $5, $6, $7, $8)
            as u (id, campaign_id, episode_id, listener_id, attribution_type, attribution_data, occurred_at)
        on conflict (id, occurred_at) do nothing
        """;

    // Only to the tenant's own events: an id that is another tenant's was a duplicate above, and gets nothing here.
    private const string Metadata = """
        insert into podcast.attribution_event_metadata (event_id, occurred_at, tenant_id, metadata)
        select e.id, e.occurred_at, e.tenant_id, u.metadata
        from unnest($1, $2, $3) as u (id, occurred_at, metadata)
        join podcast.attribution_events e on e.id = u.id and e.occurred_at = u.occurred_at
        on conflict (event_id, occurred_at) do nothing
        """;

    private const string ListenerMetrics = """
        insert into podcast.listener_metrics
            (id, tenant_id, episode_id, metric_date, metric_name, metric_value, metric_data)
        select u.id, $1, u.episode_id, u.metric_date, u.metric_name, u.metric_value, u.metric_data
        from unnest($2, $3, $4, $5, $6, $7) as u (id, episode_id, metric_date, metric_name, metric_value, metric_data)
        on conflict (id, metric_date) do nothing
        """;

    private readonly KnownMonths _months = new(installation);

    public Task<Written> Write(Guid tenant, IReadOnlyList<NewListenerAct> rows, CancellationToken cancellation) =>
        Write(
            tenant,
            new Target("listener_events", rows.Select(row => DateOnly.FromDateTime(row.OccurredAt!.Value.UtcDateTime))),
            () =>
                [
                    Statement(
                        ListenerEvents,
                        Value(tenant),
                        rows.Select(row => row.Id!.Value).Column(),
                        rows.Select(row => row.EpisodeId!.Value).Column(),
                        rows.Select(row => row.ListenerId).Column(),
                        rows.Select(row => row.EventType).Column(),
                        rows.Select(row => TelemetryColumns.JsonOf(row.EventData)).JsonColumn(),
                        rows.Select(row => TelemetryColumns.InMicroseconds(row.OccurredAt!.Value)).Column()
                    ),
                ],
            known => TelemetryColumns.Unknown(rows, ("episodeId", known.Episodes, row => row.EpisodeId)),
            () => new References([.. rows.Select(row => row.EpisodeId!.Value)], []),
            cancellation
        );

    public Task<Written> Write(Guid tenant, IReadOnlyList<NewClaim> rows, CancellationToken cancellation) =>
        Write(
            tenant,
            new Target(
                "attribution_events",
                rows.Select(row => DateOnly.FromDateTime(row.OccurredAt!.Value.UtcDateTime))
            ),
            () => AttributionStatements(tenant, rows),
            known =>
                TelemetryColumns.Unknown(
                    rows,
                    ("campaignId", known.Campaigns, row => row.CampaignId),
                    ("episodeId", known.Episodes, row => row.EpisodeId)
                ),
            () =>
                new References(
                    [.. rows.Select(row => row.EpisodeId).OfType<Guid>()],
                    [.. rows.Select(row => row.CampaignId!.Value)]
                ),
            cancellation
        );

    public Task<Written> Write(Guid tenant, IReadOnlyList<NewListenerMetric> rows, CancellationToken cancellation) =>
        Write(
            tenant,
            new Target("listener_metrics", rows.Select(row => row.MetricDate!.Value)),
            () =>
                [
                    Statement(
                        ListenerMetrics,
                        Value(tenant),
                        rows.Select(row => row.Id!.Value).Column(),
                        rows.Select(row => row.EpisodeId!.Value).Column(),
                        rows.Select(row => row.MetricDate!.Value).Column(),
                        rows.Select(row => row.MetricName).Column(),
                        rows.Select(row => row.MetricValue!.Value).Column(),
                        rows.Select(row => TelemetryColumns.JsonOf(row.MetricData)).JsonColumn()
                    ),
                ],
            known => TelemetryColumns.Unknown(rows, ("episodeId", known.Episodes, row => row.EpisodeId)),
            () => new References([.. rows.Select(row => row.EpisodeId!.Value)], []),
            cancellation
        );

    private static List<NpgsqlBatchCommand> AttributionStatements(Guid tenant, IReadOnlyList<NewClaim> rows)
    {
        List<NpgsqlBatchCommand> statements =
        [
            Statement(
                AttributionEvents,
                Value(tenant),
                rows.Select(row => row.Id!.Value).Column(),
                rows.Select(row => row.CampaignId!.Value).Column(),
                rows.Select(row => row.EpisodeId).Column(),
                rows.Select(row => row.ListenerId).Column(),
                rows.Select(row => row.AttributionType).Column(),
                rows.Select(row => TelemetryColumns.JsonOf(row.AttributionData)).JsonColumn(),
                rows.Select(row => TelemetryColumns.InMicroseconds(row.OccurredAt!.Value)).Column()
            ),
        ];
        var described = rows.Where(row => TelemetryColumns.IsGiven(row.Metadata)).ToList();
        if (described.Count > 0)
            statements.Add(
                Statement(
                    Metadata,
                    described.Select(row => row.Id!.Value).Column(),
                    described.Select(row => TelemetryColumns.InMicroseconds(row.OccurredAt!.Value)).Column(),
                    described.Select(row => TelemetryColumns.JsonOf(row.Metadata)).JsonColumn()
                )
            );

        return statements;
    }

    private async Task<Written> Write(
        Guid tenant,
        Target target,
        Func<IReadOnlyList<NpgsqlBatchCommand>> statements,
        Func<Existing, IReadOnlyList<UnknownReference>> unknown,
        Func<References> references,
        CancellationToken cancellation
    )
    {
        var months = target.Days.Select(day => new DateOnly(day.Year, day.Month, 1)).ToHashSet();
        if (months.Count == 0)
            return new Written(0, []);

        for (var attempt = 1; ; attempt++)
        {
            await _months.Ensure(target.Table, months, cancellation);
            try
            {
                return new Written(await Execute(tenant, statements(), cancellation), []);
            }
            catch (PostgresException refused) when (IsUnknownReference(refused))
            {
                // Looked for only now, because senders nearly always refer to what is there.
                var found = unknown(await Existing.Of(installation.App, tenant, references(), cancellation));
                if (found.Count == 0)
                    throw;

                return new Written(0, found);
            }
            catch (PostgresException refused) when (attempt == 1 && IsMissingPartition(refused))
            {
                // Dropped since we saw it, by whoever keeps less.
                _months.Forget(target.Table);
            }
        }
    }

    /// <summary>One round trip, one transaction; answers how many rows the first statement wrote.</summary>
    private async Task<int> Execute(
        Guid tenant,
        IReadOnlyList<NpgsqlBatchCommand> statements,
        CancellationToken cancellation
    )
    {
        await using var connection = await installation.App.OpenConnectionAsync(cancellation);
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(TenantDatabase.SetTenant, new NpgsqlParameter<string> { TypedValue = tenant.ToString() });
        foreach (var statement in statements)
            batch.BatchCommands.Add(statement);

        await batch.ExecuteNonQueryAsync(cancellation);
        return (int)statements[0].RecordsAffected;
    }

    private static bool IsUnknownReference(PostgresException refused) =>
        refused.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.ForeignKeyViolation;

    // A row without a partition breaks no constraint that has a name.
    private static bool IsMissingPartition(PostgresException refused) =>
        refused.SqlState == PostgresErrorCodes.CheckViolation && refused.ConstraintName is null;

    private static NpgsqlParameter<Guid> Value(Guid value) => new() { TypedValue = value };

    /// <summary>Where rows go: a table with partitions by month, and the UTC days of the rows.</summary>
    private sealed record Target(string Table, IEnumerable<DateOnly> Days);
}
