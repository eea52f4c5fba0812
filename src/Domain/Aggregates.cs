namespace SchemaHub.Domain;

/// <summary>
/// What decides: its state is the fold of its stream's events, its methods answer a wish with the events that follow.
/// Pure: no clock, no randomness, no input or output.
/// </summary>
public interface IAggregate<TSelf, TEvent>
    where TSelf : IAggregate<TSelf, TEvent>
{
    /// <summary>The stored name of this kind of stream, in snake case. Never changes.</summary>
    static abstract string StreamType { get; }

    /// <summary>The state before the first event.</summary>
    static abstract TSelf Initial { get; }

    /// <summary>The state after one more event.</summary>
    TSelf Apply(TEvent happened);
}

/// <summary>A rule of the business was broken: the wish is refused and nothing is stored.</summary>
/// <param name="code">Stable and documented, such as <c>contact.withdrawn</c>.</param>
public sealed class RuleBrokenException(string code, string message) : Exception(message)
{
    /// <summary>Stable and documented, such as <c>contact.withdrawn</c>.</summary>
    public string Code { get; } = code;
}
