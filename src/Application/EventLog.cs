using SchemaHub.Domain;

namespace SchemaHub.Application;

/// <summary>The one source of truth: streams of events, appended and never changed.</summary>
public interface IEventLog
{
    /// <summary>The state of a stream of the caller's tenant, folded from all its events.</summary>
    Task<Loaded<TState>> Load<TState, TEvent>(Guid stream, CancellationToken cancellation)
        where TState : IAggregate<TState, TEvent>
        where TEvent : class;

    /// <summary>
    /// Loads, decides, appends. Somebody else's change in between is decided upon anew, unless the caller named the
    /// version it decided on.
    /// </summary>
    /// <param name="expectedVersion">The version the caller saw (<c>If-Match</c>), or null where any will do.</param>
    /// <param name="expectNew">The stream most likely does not exist yet: it is read only where it does.</param>
    /// <exception cref="StaleVersionException">The stream is at another version than the caller named.</exception>
    Task<Position> Change<TState, TEvent>(
        Guid stream,
        Func<TState, IReadOnlyList<TEvent>> decide,
        CancellationToken cancellation,
        long? expectedVersion = null,
        bool expectNew = false
    )
        where TState : IAggregate<TState, TEvent>
        where TEvent : class;

    /// <summary>
    /// One decision about several streams, of any kinds and tenants: all of it is appended, or nothing. What was loaded
    /// and what is changed stands at commit as it was decided on; after a conflict everything is decided anew, so
    /// <paramref name="decide"/> has no effects of its own. The answer is about the stream that was changed last.
    /// </summary>
    /// <exception cref="StaleVersionException">A stream is at another version than the caller named.</exception>
    Task<Position> ChangeTogether(Func<IChanges, Task> decide, CancellationToken cancellation);

    /// <summary>The same caller's log of another tenant: for what is decided about streams that lie there.</summary>
    IEventLog In(string tenant);

    /// <summary>The same log, for a caller who has just proved to be a person.</summary>
    IEventLog By(Guid user);

    /// <summary>
    /// The same log, for the append of a command whose answer is more than a position: the answer is kept with it under
    /// the caller's <c>Idempotency-Key</c>, in the same commit. Use <see cref="EventLogAnswers.Answer"/>.
    /// </summary>
    IEventLog Answering<TAnswer>(Func<TAnswer> answer);

    /// <summary>
    /// Every event of a stream of the caller's tenant, in order, personal parts readable while the key lives.
    /// </summary>
    Task<IReadOnlyList<RecordedEvent>> Read(Guid stream, CancellationToken cancellation);
}

/// <summary>Shorthands for handlers.</summary>
public static class EventLogAnswers
{
    /// <summary>Changes the log and answers with what was decided, the same again under the same key.</summary>
    public static async Task<TAnswer> Answer<TAnswer>(
        this IEventLog log,
        Func<TAnswer> answer,
        Func<IEventLog, Task<Position>> change
    )
    {
        await change(log.Answering(answer));
        return answer();
    }

    /// <summary>Decides the same on many streams of one kind, see <see cref="IChanges.ChangeMany"/>.</summary>
    public static Task ChangeEach<TState, TEvent>(
        this IChanges changes,
        IEnumerable<Guid> streams,
        Func<TState, IReadOnlyList<TEvent>> decide,
        string? tenant = null
    )
        where TState : IAggregate<TState, TEvent>
        where TEvent : class => changes.ChangeMany([.. streams.Select(stream => (stream, decide))], tenant);
}

/// <summary>What belongs to one decision. A stream that was changed is seen as it is after that.</summary>
public interface IChanges
{
    /// <summary>A stream's state, read anew. It is checked at commit: the decision may depend on it.</summary>
    /// <param name="tenant">The caller's where null.</param>
    Task<Loaded<TState>> Load<TState, TEvent>(Guid stream, string? tenant = null)
        where TState : IAggregate<TState, TEvent>
        where TEvent : class;

    /// <summary>Decides on one stream.</summary>
    /// <param name="tenant">The caller's where null.</param>
    /// <param name="expectedVersion">The version the caller saw (<c>If-Match</c>), or null where any will do.</param>
    /// <returns>
    /// The stream after the change. A new stream's number is 0 until the commit; where an event of the unit names that
    /// number (<see cref="INamesNumbers"/>), the log fills it in.
    /// </returns>
    Task<Loaded<TState>> Change<TState, TEvent>(
        Guid stream,
        Func<TState, IReadOnlyList<TEvent>> decide,
        string? tenant = null,
        long? expectedVersion = null
    )
        where TState : IAggregate<TState, TEvent>
        where TEvent : class;

    /// <summary>
    /// Decides on many streams of one kind, read at once. Several decisions on one are taken in turn. Those without a
    /// change are not checked at commit.
    /// </summary>
    /// <param name="tenant">The caller's where null.</param>
    Task ChangeMany<TState, TEvent>(
        IReadOnlyList<(Guid Stream, Func<TState, IReadOnlyList<TEvent>> Decide)> changes,
        string? tenant = null
    )
        where TState : IAggregate<TState, TEvent>
        where TEvent : class;
}

/// <summary>A stream's state, and where it stands.</summary>
/// <param name="Version">Of its last event; 0 where there is none.</param>
/// <param name="Number">The published integer id: the log position of the stream's first event.</param>
public sealed record Loaded<TState>(TState State, long Version, long Number);

/// <summary>Where in the log a change landed: what every command answers with.</summary>
/// <param name="Stream">The changed stream.</param>
/// <param name="Version">The stream's version after the change, for <c>ETag</c>.</param>
/// <param name="Sequence">The log position of the last event; 0 where nothing changed.</param>
/// <param name="Number">The published integer id of the stream.</param>
public sealed record Position(Guid Stream, long Version, long Sequence, long Number)
{
    /// <summary>Of a command that changed nothing, and decided on no stream.</summary>
    public static Position Nowhere { get; } = new(Guid.Empty, 0, 0, 0);
}

/// <summary>An event as the log keeps it.</summary>
/// <param name="Sequence">Position in the log; order of commit.</param>
/// <param name="Tenant">Organization, or <see cref="Tenant.System"/>.</param>
/// <param name="Version">Position in the stream, from 1.</param>
/// <param name="Number">The published integer id of the stream.</param>
/// <param name="RecordedAt">UTC, in microseconds; never earlier than that of an event before it.</param>
/// <param name="Name">The stored name.</param>
public sealed record RecordedEvent(
    long Sequence,
    string Tenant,
    Guid Stream,
    long Version,
    long Number,
    DateTimeOffset RecordedAt,
    string Name,
    object Data
)
{
    /// <summary>Who did it; known of <see cref="Domain.IAudited">audited</see> facts.</summary>
    public Actor? By { get; init; }
}

/// <summary>Who did something, from where.</summary>
/// <param name="Id">Names no person: <c>key:…</c>, <c>user:…</c>, <c>operator</c>, <c>public</c>.</param>
public sealed record Actor(string Id, string? Ip, string? UserAgent);

/// <summary>Names of tenants.</summary>
public static class Tenant
{
    /// <summary>The tenant of what belongs to no organization, as Marten calls it.</summary>
    public const string System = "*DEFAULT*";
}

/// <summary>The caller decided on a version that is not the stream's any more.</summary>
public sealed class StaleVersionException(long actual)
    : Exception("It was changed by somebody else meanwhile; read it again and repeat the change.")
{
    /// <summary>The stream's version now.</summary>
    public long Actual { get; } = actual;
}

/// <summary>The log cannot take anything now. Repeating is safe with the same idempotency key.</summary>
/// <param name="isOutcomeKnown">Whether it is certain that nothing was stored.</param>
public sealed class LogUnavailableException(string message, Exception? inner = null, bool isOutcomeKnown = true)
    : Exception(message, inner)
{
    /// <summary>Whether it is certain that nothing was stored.</summary>
    public bool IsOutcomeKnown { get; } = isOutcomeKnown;
}
