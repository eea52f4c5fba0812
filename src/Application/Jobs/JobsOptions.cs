namespace SchemaHub.Application.Jobs;

/// <summary>How a node runs jobs.</summary>
public sealed record JobsOptions
{
    /// <summary>Whether this node runs jobs at all; one that does not still takes them in.</summary>
    public bool Run { get; init; } = true;

    /// <summary>How many jobs it runs at once.</summary>
    public int AtOnce { get; init; } = 8;

    /// <summary>
    /// How often a node looks for jobs that came in elsewhere, and for what has become due, in milliseconds; what came
    /// in at this node it sees at once.
    /// </summary>
    public int LookMilliseconds { get; init; } = 1_000;

    /// <summary>
    /// How long a node may be silent before others take its jobs, in seconds. A job that runs longer than that is not
    /// taken: its node says that it lives.
    /// </summary>
    public int TakeOverSeconds { get; init; } = 30;

    /// <summary>What this node is called in the dashboard; the machine's name where null.</summary>
    public string? Node { get; init; }

    /// <exception cref="InvalidOperationException">A number is out of range.</exception>
    public void Check()
    {
        const int most = 1_000;
        const int shortest = 50;
        if (AtOnce is < 1 or > most || LookMilliseconds < shortest || TakeOverSeconds < 1)
            throw new InvalidOperationException(
                $"SchemaHub:Jobs: AtOnce is from 1 to {most}; LookMilliseconds is {shortest} or more, and "
                    + "TakeOverSeconds 1 or more."
            );
    }
}
