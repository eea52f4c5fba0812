using Microsoft.Extensions.Caching.Memory;
using SchemaHub.Application;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>
/// The log as a command sees it: of one tenant, one caller. States are kept in memory; that is safe because an append
/// names the version it was decided on, and a decision to append nothing is only believed of a state read anew.
/// </summary>
internal sealed class EventLog(
    LogWriter writer,
    LogReader reader,
    StateCache states,
    KeyRing keys,
    CommandContext context
) : IEventLog
{
    public async Task<Loaded<TState>> Load<TState, TEvent>(Guid stream, CancellationToken cancellation)
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        var head = await ReadHead<TState, TEvent>(stream, cancellation);
        return new Loaded<TState>(head.State, head.Version, head.Number);
    }

    public async Task<Position> Change<TState, TEvent>(
        Guid stream,
        Func<TState, IReadOnlyList<TEvent>> decide,
        CancellationToken cancellation,
        long? expectedVersion = null,
        bool expectNew = false
    )
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        // Optimistic concurrency: in every round of this loop somebody's append succeeds.
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var (head, happened) = await Decide(stream, decide, expectedVersion, cancellation, expectNew);
            var unchanged = new Position(stream, head.Version, 0, head.Number);
            var receipt = ReceiptOfCaller();
            if (happened.Count == 0 && receipt is null)
                return unchanged;

            IReadOnlyList<StreamAppend> appends =
                happened.Count == 0 ? [] : [Prepare(stream, TState.StreamType, head, happened)];
            var answer = await writer.Append(new AppendUnit(appends, receipt, unchanged), cancellation);
            switch (answer.Outcome)
            {
                case AppendOutcome.KeyReused:
                    throw new IdempotencyKeyReusedException();
                case AppendOutcome.Conflict:
                    states.Forget(context.Tenant, stream);
                    expectNew = false;
                    continue;
                case AppendOutcome.Appended when happened.Count > 0:
                    Remember<TState, TEvent>(head, happened, appends[0], answer.Position!);
                    break;
            }

            return answer.Position!;
        }
    }

    public async Task<Position> ChangeMany<TState, TEvent, TAlso, TAlsoEvent>(
        IReadOnlyList<(Guid Stream, Func<TState, IReadOnlyList<TEvent>> Decide)> changes,
        Guid alsoStream,
        Func<TAlso, IReadOnlyList<TAlsoEvent>> also,
        CancellationToken cancellation,
        long? expectedVersion = null,
        bool answers = false,
        Task? after = null
    )
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
        where TAlso : IAggregate<TAlso, TAlsoEvent>
        where TAlsoEvent : class
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var stored = await reader.ReadMany(
                context.Tenant,
                changes.Select(change => change.Stream).Distinct(),
                cancellation
            );
            var decided = changes
                .GroupBy(change => change.Stream)
                .Select(group =>
                {
                    var head = Fold<TState, TEvent>(group.Key, stored.GetValueOrDefault(group.Key));
                    return (Stream: group.Key, head, Happened: DecideInTurn(head.State, group.Select(c => c.Decide)));
                })
                .Where(change => change.Happened.Count > 0)
                .ToArray();
            var appends = PrepareAll<TState, TEvent>(decided);
            if (after is not null)
                await after;

            var (alsoHead, alsoHappened) = await Decide(alsoStream, also, expectedVersion, cancellation);
            if (alsoHappened.Count > 0)
                appends.Add(Prepare(alsoStream, TAlso.StreamType, alsoHead, alsoHappened));

            if (appends.Count == 0)
                return new Position(alsoStream, alsoHead.Version, 0, alsoHead.Number);

            var receipt = answers ? ReceiptOfCaller() : null;
            var answer = await writer.Append(new AppendUnit(appends, receipt), cancellation);
            foreach (var append in appends)
                states.Forget(context.Tenant, append.Stream);

            if (answer.Outcome == AppendOutcome.KeyReused)
                throw new IdempotencyKeyReusedException();

            if (answer.Outcome != AppendOutcome.Conflict)
                return answer.Position!;
        }
    }

    public async Task<IReadOnlyList<RecordedEvent>> Read(Guid stream, CancellationToken cancellation) =>
        (await reader.Read(context.Tenant, stream, cancellation)).Events;

    // Encrypting is most of the work, and every stream has a key of its own.
    private List<StreamAppend> PrepareAll<TState, TEvent>(
        (Guid Stream, StreamHead<TState> Head, List<TEvent> Happened)[] decided
    )
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        var prepared = new StreamAppend[decided.Length];
        Parallel.For(
            0,
            prepared.Length,
            i =>
            {
                var (stream, head, happened) = decided[i];
                prepared[i] = Prepare(stream, TState.StreamType, head, happened);
            }
        );
        return [.. prepared];
    }

    private static List<TEvent> DecideInTurn<TState, TEvent>(
        TState state,
        IEnumerable<Func<TState, IReadOnlyList<TEvent>>> decisions
    )
        where TState : IAggregate<TState, TEvent>
    {
        var all = new List<TEvent>();
        foreach (var decide in decisions)
        {
            foreach (var happened in decide(state))
            {
                all.Add(happened);
                state = state.Apply(happened);
            }
        }

        return all;
    }

    private async Task<(StreamHead<TState> Head, IReadOnlyList<TEvent> Happened)> Decide<TState, TEvent>(
        Guid stream,
        Func<TState, IReadOnlyList<TEvent>> decide,
        long? expectedVersion,
        CancellationToken cancellation,
        bool expectNew = false
    )
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        var remembered = states.Find<TState>(context.Tenant, stream);
        // Like a remembered state, a stream taken for new costs a conflict where it is not.
        if (remembered is null && expectNew)
            remembered = Fold<TState, TEvent>(stream, stored: null);

        if (remembered is not null)
        {
            try
            {
                var happened = decide(remembered.State);
                if (happened.Count > 0 && (expectedVersion is null || expectedVersion == remembered.Version))
                    return (remembered, happened);
            }
            catch (RuleBrokenException)
            {
                // Another node may have changed it since: a refusal, too, needs the state as it is.
            }
        }

        var head = await ReadHead<TState, TEvent>(stream, cancellation);
        if (expectedVersion is not null && expectedVersion != head.Version)
            throw new StaleVersionException(head.Version);

        return (head, decide(head.State));
    }

    private async Task<StreamHead<TState>> ReadHead<TState, TEvent>(Guid stream, CancellationToken cancellation)
        where TState : IAggregate<TState, TEvent>
        where TEvent : class => Fold<TState, TEvent>(stream, await reader.Read(context.Tenant, stream, cancellation));

    private static StreamHead<TState> Fold<TState, TEvent>(Guid stream, StoredStream? stored)
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        if (stored is null)
            return new StreamHead<TState>(TState.Initial, 0, 0, Key: null);

        var state = TState.Initial;
        foreach (var recorded in stored.Events)
        {
            // Ids come from links that anybody can write: a stream of another kind is as good as none.
            var happened = recorded.Data as TEvent ?? throw new NotFoundException(TState.StreamType);
            state = state.Apply(happened);
        }

        return new StreamHead<TState>(state, stored.Version, stored.Number, stored.Key);
    }

    private StreamAppend Prepare<TState, TEvent>(
        Guid stream,
        string type,
        StreamHead<TState> head,
        IReadOnlyList<TEvent> happened
    )
        where TEvent : class
    {
        byte[]? wrapped = null;
        var key = head.Key;
        if (key is null && happened.Any(EventCodec.IsPersonal))
        {
            key = SubjectKey.Create();
            wrapped = key.Wrap(keys, context.Tenant, stream);
        }

        var pending = new PendingEvent[happened.Count];
        for (var i = 0; i < pending.Length; i++)
        {
            var json = EventCodec.Encode(happened[i], key, context.Tenant, stream, head.Version + i + 1);
            var by = happened[i] is IAudited ? context.ToActor() : null;
            var name = EventCodec.Of(happened[i]).Name;
            pending[i] = new PendingEvent(Guid.CreateVersion7(), name, json, happened[i], by);
        }

        return new StreamAppend(context.Tenant, stream, type, head.Version, wrapped, pending)
        {
            Number = head.Number,
            SubjectKey = key,
        };
    }

    private void Remember<TState, TEvent>(
        StreamHead<TState> head,
        IReadOnlyList<TEvent> happened,
        StreamAppend append,
        Position position
    )
        where TState : IAggregate<TState, TEvent>
    {
        var state = happened.Aggregate(head.State, (current, next) => current.Apply(next));
        var key = append.DestroysKey ? null : append.SubjectKey;
        states.Remember(
            context.Tenant,
            position.Stream,
            new StreamHead<TState>(state, position.Version, position.Number, key)
        );
    }

    private Receipt? ReceiptOfCaller() =>
        context is { IdempotencyKey: { } key, RequestHash: { } hash } ? new Receipt(context.Tenant, key, hash) : null;
}

/// <summary>Where a stream stood when it was last seen.</summary>
internal sealed record StreamHead<TState>(TState State, long Version, long Number, SubjectKey? Key);

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
