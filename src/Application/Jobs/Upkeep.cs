namespace SchemaHub.Application.Jobs;

/// <summary>What recurring jobs do to tables that are written beside the log, for all organizations at once.</summary>
public interface IUpkeep
{
    /// <summary>Sets the day's count of every quota back that counts an earlier day; answers how many.</summary>
    /// <param name="today">UTC.</param>
    Task<int> ResetQuotas(DateOnly today, CancellationToken cancellation);

    /// <summary>Counts campaigns anew whose counts are old for their age; answers how many.</summary>
    Task<int> RefreshCampaignTotals(DateTimeOffset now, CancellationToken cancellation);

    /// <summary>Deletes first answers that were given before an instant; answers how many.</summary>
    Task<long> PurgeReceipts(DateTimeOffset before, CancellationToken cancellation);

    /// <summary>Deletes runs of jobs that ended before an instant; answers how many.</summary>
    Task<long> PurgeRuns(DateTimeOffset before, CancellationToken cancellation);

    /// <summary>Deletes keys of jobs that were enqueued before an instant; answers how many.</summary>
    Task<long> PurgeJobKeys(DateTimeOffset before, CancellationToken cancellation);

    /// <summary>Deletes the mails, and what became of them, of campaigns that ended before an instant.</summary>
    Task<long> PurgeMails(DateTimeOffset before, CancellationToken cancellation);
}
