namespace SchemaHub.Application.Jobs;

/// <summary>What recurring jobs do to tables that are written beside the log, for all organizations at once.</summary>
public interface IUpkeep
{
    /// <summary>Sets the day's count of every quota back that counts an earlier day; answers how many.</summary>
    /// <param name="today">UTC.</param>
    Task<int> ResetQuotas(DateOnly today, CancellationToken cancellation);
}
