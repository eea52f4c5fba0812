namespace SchemaHub.Application.Jobs;

/// <summary>How long a job waits after a failure.</summary>
public static class Backoff
{
    private const int LongestSeconds = 3_600;
    private const double Jitter = 0.2;

    /// <summary>
    /// Twice as long after each failure, up to an hour, and a fifth more or less: what failed together is not tried
    /// again together.
    /// </summary>
    /// <param name="attempt">Which one failed, from 1.</param>
    /// <param name="random">From 0 to 1.</param>
    public static TimeSpan After(int attempt, int firstWaitSeconds, double random)
    {
        const int furthest = 30;
        var seconds = Math.Min(LongestSeconds, firstWaitSeconds * Math.Pow(2, Math.Min(attempt, furthest) - 1));
        return TimeSpan.FromSeconds(seconds * (1 - Jitter + 2 * Jitter * random));
    }
}
