using System.Diagnostics;
using System.Text.Json;
using SchemaHub.Application;
using SchemaHub.Application.Access;
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
    CommandContext context,
    CurrentRequest current,
    AnswerCipher cipher
) : IEventLog
{
    private Func<string>? _answer;

    public IEventLog In(string tenant) => With(context.In(tenant), _answer);

    public IEventLog By(Guid user) => With(context.ProvenAs(user), _answer);

    public IEventLog Answering<TAnswer>(Func<TAnswer> answer) =>
        With(context, () => JsonSerializer.Serialize(answer()));

    public async Task<Loaded<TState>> Load<TState, TEvent>(Guid stream, CancellationToken cancellation)
        where TState : IAggregate<TState, TEvent>
        where TEvent : class
    {
        RequireCaller();
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
        RequireCaller();
        // Optimistic concurrency: in every round of this loop somebody's append succeeds.
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var (head, happened) = await Decide(stream, decide, expectedVersion, cancellation, expectNew);
            var unchanged = new Position(stream, head.Version, 0, head.Number);
            var receipt = ReceiptOfCaller();
            if (happened.Count == 0 && receipt is null)
                return unchanged;

            var appends = new List<StreamAppend>(1);
            if (happened.Count > 0)
                appends.Add(Prepare(context.Tenant, stream, TState.StreamType, head, happened));

            var answer = await Append(Unit(appends, receipt, happened.Count == 0 ? unchanged : null), cancellation);
            switch (answer.Outcome)
            {
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

    public async Task<Position> ChangeTogether(Func<IChanges, Task> decide, CancellationToken cancellation)
    {
        RequireCaller();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var changes = new Changes(reader, this, context.Tenant, cancellation);
            await decide(changes);
            var appends = changes.Prepare();
            var receipt = ReceiptOfCaller();
            var changesNothing = appends.TrueForAll(append => append.Events.Count == 0);
            var unchanged = changes.Unchanged ?? (changesNothing ? Position.Nowhere : null);
            if (receipt is null && changesNothing)
                return unchanged!;

            var answer = await Append(Unit(appends, receipt, unchanged), cancellation);
            foreach (var append in appends)
                states.Forget(append.Tenant, append.Stream);

            if (answer.Outcome != AppendOutcome.Conflict)
                return answer.Position!;
        }
    }

    public async Task<IReadOnlyList<RecordedEvent>> Read(Guid stream, CancellationToken cancellation)
    {
        RequireCaller();
        return (await reader.Read(context.Tenant, stream, cancellation)).Events;
    }

    private async Task<AppendAnswer> Append(AppendUnit unit, CancellationToken cancellation)
    {
        current.Running?.RequireFirstAppend();
        var answer = await writer.Append(unit, cancellation);
        switch (answer.Outcome)
        {
            case AppendOutcome.KeyReused:
                throw new IdempotencyKeyReusedException();
            case AppendOutcome.Repeated:
                // What follows the append was done, or left, by the first: only its answer is given again.
                throw new AnsweredBeforeException(
                    new KeptAnswer(answer.Position!, cipher.Open(unit.Receipt!, answer.Kept))
                );
            case AppendOutcome.Appended:
                current.Running?.CountAppend();
                break;
        }

        return answer;
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
            remembered = Fold<TState, TEvent>(stored: null);

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
        where TEvent : class => Fold<TState, TEvent>(await reader.Read(context.Tenant, stream, cancellation));

    internal static StreamHead<TState> Fold<TState, TEvent>(StoredStream? stored)
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

    /// <summary>Events as they are stored, what is personal encrypted.</summary>
    internal StreamAppend Prepare<TState, TEvent>(
        string tenant,
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
            wrapped = key.Wrap(keys, tenant, stream);
        }

        var pending = new PendingEvent[happened.Count];
        var isKeyNew = wrapped is not null;
        for (var i = 0; i < pending.Length; i++)
        {
            var commits = isKeyNew && EventCodec.IsPersonal(happened[i]);
            pending[i] = PrepareOne(happened[i], key, tenant, stream, head.Version + i + 1, commits);
            isKeyNew &= !commits;
        }

        return new StreamAppend(tenant, stream, type, head.Version, wrapped, pending)
        {
            Number = head.Number,
            SubjectKey = key,
        };
    }

    private PendingEvent PrepareOne(
        object happened,
        SubjectKey? key,
        string tenant,
        Guid stream,
        long version,
        bool commitsToKey
    )
    {
        var by = happened is IAudited ? context.ToActor() : null;
        var id = Guid.CreateVersion7();
        return happened is INamesNumbers { IsIncomplete: true } names
            ? Encode(happened) with
            {
                Numbered = number => Encode(names.Name(number)),
            }
            : Encode(happened);

        PendingEvent Encode(object one) =>
            new(
                id,
                EventCodec.Of(one).Name,
                EventCodec.Encode(one, key, tenant, stream, version, commitsToKey),
                one,
                by
            )
            {
                Trace = Activity.Current?.TraceId.ToHexString(),
                Command = current.Running?.Name,
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

    // Of a command in steps, a receipt of the first would answer for steps that were never done.
    private CommandReceipt? ReceiptOfCaller() =>
        current.Running is { IsInSteps: false } running ? running.Receipt : null;

    private EventLog With(CommandContext caller, Func<string>? answer) =>
        new(writer, reader, states, keys, caller, current, cipher) { _answer = answer };

    private AppendUnit Unit(IReadOnlyList<StreamAppend> appends, CommandReceipt? receipt, Position? unchanged)
    {
        if (receipt is null || current.Running is not { HasAnswer: true })
            return new AppendUnit(appends, receipt, unchanged);

        var answer =
            _answer
            ?? throw new InvalidOperationException(
                "The command's answer is more than a position: append with IEventLog.Answer, which keeps it."
            );
        return new AppendUnit(appends, receipt, unchanged) { Kept = cipher.Seal(receipt, answer()) };
    }

    private void RequireCaller()
    {
        if (context.IsNobody)
            throw new AccessDeniedException("Nobody was set as the caller: nothing may be done.", permission: null);
    }
}
