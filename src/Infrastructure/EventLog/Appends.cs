using SchemaHub.Application;
using SchemaHub.Domain;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.EventLog;

/// <summary>One event on its way into the log.</summary>
/// <param name="By">Who did it; null where that is not kept.</param>
internal sealed record PendingEvent(Guid Id, string Name, string Json, object Data, Actor? By = null)
{
    public bool IsSafeguard => Data is ISafeguard;

    /// <summary>The trace of the request or job that it belongs to.</summary>
    public string? Trace { get; init; }

    /// <summary>The command that caused it.</summary>
    public string? Command { get; init; }

    /// <summary>
    /// Of an event that names the number of a stream that its unit begins: the event as it is once that is known.
    /// </summary>
    public Func<Func<Guid, long, long>, PendingEvent>? Numbered { get; init; }
}

/// <summary>
/// Events for one stream, decided upon at a version of it; without events, a stream that must stand there still.
/// </summary>
/// <param name="Key">The wrapped key that the stream's row gets, where it had none.</param>
internal sealed record StreamAppend(
    string Tenant,
    Guid Stream,
    string Type,
    long ExpectedVersion,
    byte[]? Key,
    IReadOnlyList<PendingEvent> Events
)
{
    /// <summary>The stream's published number; 0 where it is new.</summary>
    public long Number { get; init; }

    /// <summary>The stream's key in the open, for the memory of the node that appended.</summary>
    public SubjectKey? SubjectKey { get; init; }

    public bool DestroysKey { get; } = Events.Any(happened => happened.Data is IErasure);

    /// <summary>Whether the stream's key becomes another one, or is destroyed.</summary>
    public bool ChangesKey => DestroysKey || Key is not null;
}

/// <summary>
/// What one caller wants appended: all of it, or nothing. The answer is about the last stream with events, unless it
/// says otherwise.
/// </summary>
internal sealed class AppendUnit(
    IReadOnlyList<StreamAppend> streams,
    CommandReceipt? receipt,
    Position? unchanged = null
)
{
    private readonly TaskCompletionSource<AppendAnswer> _answer = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    private const int Waiting = 0;
    private const int Taken = 1;
    private const int GivenUp = 2;

    private int _state = Waiting;

    public IReadOnlyList<StreamAppend> Streams { get; } = streams;

    public CommandReceipt? Receipt { get; } = receipt;

    /// <summary>What the receipt keeps beside the position, encrypted; null where that is nothing.</summary>
    public byte[]? Kept { get; init; }

    /// <summary>The answer, where it is about a stream that the unit does not change.</summary>
    public Position? Unchanged { get; } = unchanged;

    /// <summary>Those with events.</summary>
    public IEnumerable<StreamAppend> Changed => Streams.Where(stream => stream.Events.Count > 0);

    public int EventCount { get; } = streams.Sum(stream => stream.Events.Count);

    public Task<AppendAnswer> Answer => _answer.Task;

    /// <summary>Puts the unit into a batch; false where its caller has given it up.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>Gives the unit up; false where it is in a batch already.</summary>
    public bool TryGiveUp() => Interlocked.CompareExchange(ref _state, GivenUp, Waiting) == Waiting;

    public void Complete(AppendAnswer answer) => _answer.TrySetResult(answer);

    public void Fail(Exception why) => _answer.TrySetException(why);
}

/// <summary>What became of a unit.</summary>
internal enum AppendOutcome
{
    /// <summary>Durable.</summary>
    Appended,

    /// <summary>Done before under the same key; the answer is the first one.</summary>
    Repeated,

    /// <summary>A stream stands at another version than was decided on.</summary>
    Conflict,

    /// <summary>The key was used for another request.</summary>
    KeyReused,
}

/// <summary>What became of a unit, and where it landed.</summary>
internal sealed record AppendAnswer(AppendOutcome Outcome, Position? Position)
{
    /// <summary>Of a repeated unit: what its receipt keeps beside the position.</summary>
    public byte[]? Kept { get; init; }

    public static AppendAnswer Conflict { get; } = new(AppendOutcome.Conflict, null);

    public static AppendAnswer KeyReused { get; } = new(AppendOutcome.KeyReused, null);
}
