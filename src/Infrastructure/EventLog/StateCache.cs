using Microsoft.Extensions.Caching.Memory;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>The states of the streams last changed, bounded. A stale one costs a conflict and is read anew.</summary>
internal sealed class StateCache : IDisposable
{
    private const int MostStreams = 100_000;

    private static readonly MemoryCacheEntryOptions OneStream = new() { Size = 1 };

    private readonly MemoryCache _heads = new(new MemoryCacheOptions { SizeLimit = MostStreams });

    public StreamHead<TState>? Find<TState>(string tenant, Guid stream) =>
        _heads.Get((tenant, stream)) as StreamHead<TState>;

    public void Remember<TState>(string tenant, Guid stream, StreamHead<TState> head) =>
        _heads.Set((tenant, stream), head, OneStream);

    public void Forget(string tenant, Guid stream) => _heads.Remove((tenant, stream));

    public void Dispose() => _heads.Dispose();
}
