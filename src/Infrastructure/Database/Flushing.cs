namespace SchemaHub.Infrastructure.Database;

/// <summary>Writes now and then what requests left in memory.</summary>
internal static class Flushing
{
    /// <summary>Flushes again and again, and what is left when it is cancelled.</summary>
    /// <param name="flush">Is never cancelled: what it took is written or lost.</param>
    public static async Task Every(
        TimeSpan wait,
        TimeProvider clock,
        Func<CancellationToken, Task> flush,
        CancellationToken cancellation
    )
    {
        try
        {
            using var timer = new PeriodicTimer(wait, clock);
            while (await timer.WaitForNextTickAsync(cancellation))
                await flush(CancellationToken.None);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await flush(CancellationToken.None);
        }
    }
}
