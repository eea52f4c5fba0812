using SchemaHub.Application.Campaigns;
using SchemaHub.Application.Compliance;
using SchemaHub.Application.Identity;
using SchemaHub.Application.Podcasts;

namespace SchemaHub.Application.Jobs;

/// <summary>What recurs by itself, for the installation.</summary>
/// <param name="Rows">In any order; a command once.</param>
public sealed record RecurringTable(IReadOnlyList<RecurringRow> Rows)
{
    /// <summary>What recurs in this version.</summary>
    public static RecurringTable Own { get; } =
        new([
            // Each day, by the time of day.
            new(new ResetQuotas(), "0 0 * * *", Missed.RunOnce),
            new(new KeepPartitions(), "5 0 * * *", Missed.RunOnce),
            new(new CountListenerDays(), "20 0 * * *", Missed.RunOnce),
            new(new RefreshMeasures(), "30 0 * * *", Missed.RunOnce),
            new(new PurgeOldRows(), "15 3 * * *", Missed.RunOnce),
            new(new PurgeEvidence(), "45 3 * * *", Missed.RunOnce),
            new(new WatchPrivacyRequests(), "0 6 * * *", Missed.RunOnce),
            // Each hour, by the minute.
            new(new CountListenerHours(), "10 * * * *", Missed.RunOnce),
            new(new EndInvitations(), "20 * * * *", Missed.RunOnce),
            new(new NoticeDueKeys(), "20 * * * *", Missed.RunOnce),
            new(new ForgetSignIns(), "40 * * * *", Missed.Skip),
            // Each minute, by the second.
            new(new RefreshCampaignTotals(), "30 * * * * *", Missed.Skip),
        ]);
}

/// <summary>A job that recurs, under the stored name of its command.</summary>
/// <param name="Command">What is sent each time; its class bears a <see cref="JobAttribute"/>.</param>
/// <param name="Cron">Five fields from minutes to weekdays, or six with seconds first; UTC.</param>
public sealed record RecurringRow(IJob Command, string Cron, Missed Missed);
