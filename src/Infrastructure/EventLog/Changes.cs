using SchemaHub.Application;
using SchemaHub.Domain;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>One round of a decision about several streams: what was read, and what is to be appended.</summary>
internal sealed class Changes(LogReader reader, EventLog log, string ownTenant, CancellationToken cancellation)
    : IChanges
{
    private readonly Dictionary<(string Tenant, Guid Stream), Entry> _entries = [];
    private Entry? _last;

    /// <summary>The answer, where the stream that was decided on last does not change; null where it does.</summary>
    public Position? Unchanged =>
        _last is { HasEvents: false } last ? new Position(last.Stream, last.Version, 0, last.Number) : null;

    public async Task<Loaded<TState>> Load<TState, TEvent>(Guid stream, string? tenant = null)
        where TState : IAggregate<TState, TEvent>
        where TEvent : class => (await FindChecked<TState, TEvent>(tenant ?? ownTenant, stream)).Now;

    public async Task<Loaded<TState>> Change<TState, TEvent>(
        Guid stream,
        Func<TState, IReadOnlyList<TEvent>> decide,
        string? tenant = null,
        long? expectedVersion = null
    )
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        var entry = await FindChecked<TState, TEvent>(tenant ?? ownTenant, stream);
        if (expectedVersion is not null && expectedVersion != entry.Version)
            throw new StaleVersionException(entry.Version);

        entry.Decide(decide);
        _last = entry;
        return entry.Now;
    }

    public async Task ChangeMany<TState, TEvent>(
        IReadOnlyList<(Guid Stream, Func<TState, IReadOnlyList<TEvent>> Decide)> changes,
        string? tenant = null
    )
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        var of = tenant ?? ownTenant;
        var unread = changes
            .Select(change => change.Stream)
            .Where(stream => !_entries.ContainsKey((of, stream)))
            .Distinct()
            .ToList();
        var stored = await reader.ReadMany(of, unread, cancellation);
        foreach (var stream in unread)
            Add<TState, TEvent>(of, stream, stored.GetValueOrDefault(stream)).IsChecked = false;

        var touched = new Entry<TState, TEvent>[changes.Count];
        for (var i = 0; i < touched.Length; i++)
        {
            touched[i] = await Find<TState, TEvent>(of, changes[i].Stream);
            touched[i].Decide(changes[i].Decide);
            _last = touched[i];
        }

        PrepareAll(touched.Where(entry => entry.HasEvents).Distinct().ToArray());
    }

    /// <summary>
    /// All of it, in the order in which it was first decided on: what is only checked first, and the stream that the
    /// answer is about last.
    /// </summary>
    public List<StreamAppend> Prepare()
    {
        Entry[] ordered =
        [
            .. _entries.Values.Where(entry => entry is { HasEvents: false, IsChecked: true }),
            .. _entries.Values.Where(entry => entry.HasEvents && entry != _last),
            .. _last is { HasEvents: true } last ? [last] : Array.Empty<Entry>(),
        ];
        return [.. PrepareAll(ordered)];
    }

    // Encrypting is most of the work, and every stream has a key of its own.
    private StreamAppend[] PrepareAll(Entry[] entries)
    {
        var appends = new StreamAppend[entries.Length];
        Parallel.For(0, entries.Length, i => appends[i] = entries[i].Prepare(log));
        return appends;
    }

    // Also where it was read as one of many before.
    private async Task<Entry<TState, TEvent>> FindChecked<TState, TEvent>(string tenant, Guid stream)
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        var entry = await Find<TState, TEvent>(tenant, stream);
        entry.IsChecked = true;
        return entry;
    }

    private async Task<Entry<TState, TEvent>> Find<TState, TEvent>(string tenant, Guid stream)
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        if (!_entries.TryGetValue((tenant, stream), out var known))
            return Add<TState, TEvent>(tenant, stream, await reader.Read(tenant, stream, cancellation));

        // Read as another kind before: as that of this kind there is none.
        return known as Entry<TState, TEvent> ?? throw new NotFoundException(TState.StreamType);
    }

    private Entry<TState, TEvent> Add<TState, TEvent>(string tenant, Guid stream, StoredStream? stored)
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        var entry = new Entry<TState, TEvent>(tenant, stream, EventLog.Fold<TState, TEvent>(stored));
        _entries[(tenant, stream)] = entry;
        return entry;
    }

    private abstract class Entry(string tenant, Guid stream)
    {
        public string Tenant { get; } = tenant;

        public Guid Stream { get; } = stream;

        /// <summary>Whether it must stand at commit as it was read, although it does not change.</summary>
        public bool IsChecked { get; set; } = true;

        public abstract bool HasEvents { get; }

        /// <summary>As it was read.</summary>
        public abstract long Version { get; }

        public abstract long Number { get; }

        public abstract StreamAppend Prepare(EventLog log);
    }

    private sealed class Entry<TState, TEvent>(string tenant, Guid stream, StreamHead<TState> head)
        : Entry(tenant, stream)
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        private readonly List<TEvent> _decided = [];
        private TState _state = head.State;
        private StreamAppend? _prepared;

        public Loaded<TState> Now => new(_state, head.Version + _decided.Count, head.Number);

        public override bool HasEvents => _decided.Count > 0;

        public override long Version => head.Version;

        public override long Number => head.Number;

        public void Decide(Func<TState, IReadOnlyList<TEvent>> decide)
        {
            foreach (var happened in decide(_state))
            {
                _prepared = null;
                _decided.Add(happened);
                _state = _state.Apply(happened);
            }
        }

        public override StreamAppend Prepare(EventLog log) =>
            _prepared ??= log.Prepare(Tenant, Stream, TState.StreamType, head, _decided);
    }
}
