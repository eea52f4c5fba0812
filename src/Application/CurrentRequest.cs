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
public sealed class RequestInProgress(object request)
{
    private readonly bool _isInSteps = Attribute.IsDefined(request.GetType(), typeof(InStepsAttribute), inherit: false);

    private int _appends;

    /// <summary>Under which key its outcome is kept; null where the caller gave none.</summary>
    public CommandReceipt? Receipt { get; internal set; }

    /// <summary>Whether it appends in steps, each a decision of its own; only the last is kept under the key.</summary>
    public bool IsInSteps => _isInSteps;

    internal bool IsFor(object candidate) => ReferenceEquals(request, candidate);

    /// <summary>Called by the log for each append that succeeded.</summary>
    /// <exception cref="InvalidOperationException">A command appended a second time.</exception>
    public void RequireFirstAppend()
    {
        if (!_isInSteps && Volatile.Read(ref _appends) > 0)
            throw new InvalidOperationException(
                $"{request.GetType().Name} would append twice: decide in one unit (IEventLog.ChangeTogether)."
            );
    }

    /// <summary>Called by the log after an append.</summary>
    public void CountAppend() => Interlocked.Increment(ref _appends);
}

/// <summary>Names a command's outcome: the caller's key, and what was asked for under it.</summary>
/// <param name="Tenant">Keys are the caller's own: nobody meets another's.</param>
/// <param name="RequestHash">A keyed hash of the request.</param>
public sealed record CommandReceipt(string Tenant, string Actor, string Key, byte[] RequestHash);

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
