using System.Threading.Channels;
using Npgsql;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// Reads the log on, and decodes, while what was read before is being written. That needs no lease: what stands after
/// a position is the same whenever it is read, and only its end may have grown.
/// </summary>
internal sealed class ReadAhead : IAsyncDisposable
{
    private const int MostChunks = 2;

    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Task<IReadOnlyList<RecordedEvent>>> _chunks = Channel.CreateBounded<
        Task<IReadOnlyList<RecordedEvent>>
    >(new BoundedChannelOptions(MostChunks) { SingleReader = true, SingleWriter = true });

    private readonly NpgsqlDataSource _source;
    private readonly LogScanner _scanner;
    private readonly int _most;
    private readonly Task _reading;

    /// <param name="most">Events to a chunk. A smaller one is the last: it ends where the log did.</param>
    public ReadAhead(NpgsqlDataSource source, LogScanner scanner, long position, int most)
    {
        _source = source;
        _scanner = scanner;
        _most = most;
        Position = position;
        _reading = Task.Run(() => Read(position));
    }

    /// <summary>Where the next chunk begins.</summary>
    public long Position { get; private set; }

    /// <summary>The events after <see cref="Position"/>.</summary>
    public async Task<IReadOnlyList<RecordedEvent>> Next(CancellationToken cancellation)
    {
        // Throws what the reading threw, as it was thrown.
        await _chunks.Reader.WaitToReadAsync(cancellation);
        var events = await (await _chunks.Reader.ReadAsync(cancellation)).WaitAsync(cancellation);
        if (events.Count > 0)
            Position = events[^1].Sequence;

        return events;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _stop.Dispose();
    }

    private async Task Read(long position)
    {
        try
        {
            await using var connection = await _source.OpenConnectionAsync(_stop.Token);
            int read;
            do
            {
                var stored = await LogScanner.ReadAfter(connection, position, _most, _stop.Token);
                read = stored.Count;
                position = read > 0 ? stored[^1].Sequence : position;
                await _chunks.Writer.WriteAsync(Task.Run(() => _scanner.Decode(stored)), _stop.Token);
            } while (read == _most);

            _chunks.Writer.Complete();
        }
        catch (Exception why)
        {
            // For whoever waits for the next chunk; nobody does once it was stopped.
            _chunks.Writer.Complete(why);
        }
    }
}
