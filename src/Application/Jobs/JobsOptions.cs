namespace SchemaHub.Application.Jobs;

/// <summary>How a node runs jobs.</summary>
public sealed record JobsOptions
{
    /// <summary>Whether this node runs jobs at all; one that does not still takes them in.</summary>
    public bool Run { get; init; } = true;

    /// <summary>How many jobs it runs at once.</summary>
    public int AtOnce { get; init; } = 8;

    /// <summary>
    /// How often an idle node looks for jobs that came in elsewhere, in milliseconds; its own it sees at once.
    /// </summary>
    public int LookMilliseconds { get; init; } = 1_000;

    /// <summary>How often nodes look after each other, in milliseconds: how long the jobs of a dead one lie.</summary>
    public int CheckMilliseconds { get; init; } = 2_000;

    /// <exception cref="InvalidOperationException">A number is out of range.</exception>
    public void Check()
    {
        const int most = 1_000;
        const int shortest = 10;
        if (AtOnce is < 1 or > most || LookMilliseconds < shortest || CheckMilliseconds < shortest)
            throw new InvalidOperationException(
                $"SchemaHub:Jobs: AtOnce is from 1 to {most}; the milliseconds are {shortest} or more."
            );
    }
}
