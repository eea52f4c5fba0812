namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Loops of which none ends by itself, and none is of use without the others.</summary>
internal static class Together
{
    /// <summary>Waits until one has ended, ends the others, and fails as the first that failed.</summary>
    /// <param name="ending">Ends them.</param>
    public static async Task Run(List<Task> loops, CancellationTokenSource ending)
    {
        await Task.WhenAny(loops);
        await ending.CancelAsync();
        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // One that ended because another broke may have ended first.
        await (loops.Find(loop => loop.IsFaulted) ?? Task.CompletedTask);
    }
}
