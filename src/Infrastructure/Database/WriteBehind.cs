using System.Threading.Channels;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.Database;

/// <summary>
/// Takes note of what requests leave behind, and writes it many at a time: nothing waits longer than a second, no
/// request waits at all. A crash loses what waits, and where more come than can be written the newest are dropped.
/// </summary>
public abstract class WriteBehind<T>(TimeProvider clock, int mostWaiting = 50_000, int mostAtOnce = 5_000)
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);

    private readonly Channel<T> _waiting = Channel.CreateBounded<T>(
        new BoundedChannelOptions(mostWaiting) { SingleReader = true }
    );

    /// <summary>The time that is.</summary>
    protected TimeProvider Clock { get; } = clock;

    /// <summary>Writes what waits, every second, and what is left when it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) => Flushing.Every(Wait, Clock, Flush, cancellation);

    /// <summary>Writes what waits now.</summary>
    public async Task Flush(CancellationToken cancellation)
    {
        while (Next() is { Count: > 0 } items)
        {
            try
            {
                await Write(items, cancellation);
            }
            catch (Exception failure) when (DatabaseOutage.IsOrRefusal(failure))
            {
                Lost(items.Count, DatabaseOutage.Describe(failure));
            }
        }
    }

    /// <summary>Lets something wait; false where too much waits already.</summary>
    protected bool Add(T item)
    {
        if (_waiting.Writer.TryWrite(item))
            return true;

        Dropped();
        return false;
    }

    /// <summary>Writes them, in as few round trips as can be.</summary>
    protected abstract Task Write(IReadOnlyList<T> items, CancellationToken cancellation);

    /// <summary>Says that some could not be written.</summary>
    /// <param name="why">A state of SQL, or the kind of failure: nothing that was to be written.</param>
    protected abstract void Lost(int items, string why);

    /// <summary>Counts one for which there was no room.</summary>
    protected virtual void Dropped() { }

    private List<T> Next()
    {
        var items = new List<T>();
        while (items.Count < mostAtOnce && _waiting.Reader.TryRead(out var item))
            items.Add(item);

        return items;
    }
}
