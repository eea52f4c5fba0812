using System.Text.Json;
using FluentValidation;
using SchemaHub.Application.Contacts;

namespace SchemaHub.Application.Records;

/// <summary>Backups that were tried.</summary>
/// <param name="BackupType">full, incremental and differential: of the files; logical: a dump.</param>
/// <param name="BackupLocation">Where it lies, without a password; only the service reads it.</param>
/// <param name="SizeBytes">Null until it is known.</param>
/// <param name="Status">expired: it was good once and is not kept any more.</param>
[Record("podcast.backup_records", Scope = RecordScope.Operator, Times = RowTimes.None)]
public sealed record BackupRun(
    string? BackupType,
    string? BackupLocation = null,
    long? SizeBytes = null,
    string? Status = "running",
    [property: RecordedIfLeftOut] DateTimeOffset? StartedAt = null,
    DateTimeOffset? CompletedAt = null
);

internal sealed class BackupRunValidator : AbstractValidator<BackupRun>
{
    public BackupRunValidator()
    {
        RuleFor(row => row.BackupType).OneOf(["full", "incremental", "differential", "logical"]);
        RuleFor(row => row.BackupLocation).PlainText(2048);
        RuleFor(row => row.SizeBytes).GreaterThanOrEqualTo(0);
        RuleFor(row => row.Status).OneOf(["running", "completed", "failed", "expired"]);
    }
}

/// <summary>How far each replica is behind.</summary>
/// <param name="LagSeconds">Null where it is not known.</param>
[Record("podcast.replication_status", Scope = RecordScope.Operator)]
public sealed record ReplicationStatus(
    string? ReplicaName,
    string? Status = "unknown",
    decimal? LagSeconds = null,
    DateTimeOffset? LastSyncAt = null
);

internal sealed class ReplicationStatusValidator : AbstractValidator<ReplicationStatus>
{
    public ReplicationStatusValidator()
    {
        RuleFor(row => row.ReplicaName).NotBlank().PlainText(200);
        RuleFor(row => row.Status).OneOf(["healthy", "lagging", "stopped", "unknown"]);
        RuleFor(row => row.LagSeconds).GreaterThanOrEqualTo(0).PrecisionScale(12, 3, ignoreTrailingZeros: true);
    }
}

/// <summary>Every time another node took over, or was to.</summary>
/// <param name="EventType">
/// failover: unplanned; switchover: planned; failback: back again; drill: only to see that it works.
/// </param>
[Record("podcast.failover_events", Scope = RecordScope.Operator, Times = RowTimes.None)]
public sealed record Failover(
    string? EventType,
    string? SourceNode = null,
    string? TargetNode = null,
    string? Status = "running",
    [property: RecordedIfLeftOut] DateTimeOffset? OccurredAt = null,
    DateTimeOffset? CompletedAt = null
);

internal sealed class FailoverValidator : AbstractValidator<Failover>
{
    public FailoverValidator()
    {
        RuleFor(row => row.EventType).OneOf(["failover", "switchover", "failback", "drill"]);
        RuleFor(row => row.SourceNode).PlainText(200);
        RuleFor(row => row.TargetNode).PlainText(200);
        RuleFor(row => row.Status).OneOf(["running", "completed", "failed"]);
    }
}

/// <summary>What to do, in order, when something broke.</summary>
/// <param name="Steps">A JSON array, in the order in which they are to be done.</param>
/// <param name="LastTestedAt">Null while nobody ever tried.</param>
[Record("podcast.recovery_procedures", Scope = RecordScope.Operator)]
public sealed record RecoveryProcedure(
    string? ProcedureName,
    string? Description = null,
    [property: Otherwise("[]")] JsonElement? Steps = null,
    DateTimeOffset? LastTestedAt = null
);

internal sealed class RecoveryProcedureValidator : AbstractValidator<RecoveryProcedure>
{
    public RecoveryProcedureValidator()
    {
        RuleFor(row => row.ProcedureName).NotBlank().PlainText(200);
        RuleFor(row => row.Description).Prose(10000);
        RuleFor(row => row.Steps).JsonArray();
    }
}
