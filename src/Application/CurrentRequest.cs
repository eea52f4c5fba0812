namespace SchemaHub.Application;

/// <summary>
/// The request that a scope handles now, from the first behavior of the pipeline to its answer, with everything that it
/// sends on the way. One command is one decision: it appends once.
/// </summary>
public sealed class CurrentRequest
{
    // Flows down to what the handler calls and not to its siblings: two requests sent at once do not share it.
    private readonly AsyncLocal<RequestInProgress?> _running = new();

    /// <summary>The outermost request; null where nothing is handled.</summary>
    public RequestInProgress? Running => _running.Value;

    internal void Begin(RequestInProgress? running) => _running.Value = running;
}

/// <summary>A request that is being handled.</summary>
/// <param name="isInSteps">It appends in steps, and is kept under its key once it is done.</param>
public sealed class RequestInProgress(object request, bool isInSteps)
{
    private int _appends;

    /// <summary>Under which key its outcome is kept; null where the caller gave none.</summary>
    public CommandReceipt? Receipt { get; internal set; }

    /// <summary>Its answer is more than a position, and the append that keeps it must say what it is.</summary>
    public bool HasAnswer { get; internal set; }

    /// <summary>Whether an append has kept the answer.</summary>
    public bool IsKept => Receipt is not null && !isInSteps && Volatile.Read(ref _appends) > 0;

    /// <summary>Whether it appends in steps, each a decision of its own.</summary>
    public bool IsInSteps => isInSteps;

    /// <summary>The request's name, which events keep as what caused them.</summary>
    public string Name => request.GetType().Name;

    internal bool IsFor(object candidate) => ReferenceEquals(request, candidate);

    /// <summary>Called by the log before an append.</summary>
    /// <exception cref="InvalidOperationException">The command has appended.</exception>
    public void RequireFirstAppend()
    {
        if (!isInSteps && Volatile.Read(ref _appends) > 0)
            throw Twice();
    }

    /// <summary>Called by the log after an append.</summary>
    /// <exception cref="InvalidOperationException">Two appends of the command were under way at once.</exception>
    public void CountAppend()
    {
        if (Interlocked.Increment(ref _appends) > 1 && !isInSteps)
            throw Twice();
    }

    private InvalidOperationException Twice() =>
        new($"{request.GetType().Name} would append twice: decide in one unit (IEventLog.ChangeTogether).");
}

/// <summary>
/// A command that does its work in several appends, because it is too much for one commit. It resumes where it was
/// stopped.
/// </summary>
/// <param name="why">Why one unit does not do, and how it resumes.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class InStepsAttribute(string why) : Attribute
{
    /// <summary>Why one unit does not do, and how it resumes.</summary>
    public string Why { get; } = why;
}
