using System.Diagnostics;

namespace SchemaHub.Domain.Identity;

/// <summary>Something that touched security and changed nothing, such as a failed sign-in.</summary>
public sealed record SecurityNote(bool IsTaken) : IAggregate<SecurityNote, SecurityNoteEvent>
{
    /// <inheritdoc/>
    public static string StreamType => "security_note";

    /// <inheritdoc/>
    public static SecurityNote Initial { get; } = new(IsTaken: false);

    /// <summary>Takes the note; taken twice, it is one.</summary>
    public IReadOnlyList<SecurityNoteEvent> Take(SecurityIncidentNoted noted) => IsTaken ? [] : [noted];

    /// <inheritdoc/>
    public SecurityNote Apply(SecurityNoteEvent happened) =>
        happened switch
        {
            SecurityIncidentNoted => new SecurityNote(IsTaken: true),
            _ => throw new UnreachableException($"SecurityNote cannot apply {happened.GetType().Name}."),
        };
}

/// <summary>A fact about security.</summary>
public abstract record SecurityNoteEvent : IAudited;

/// <summary>Somebody tried what they may not, or came from a place not seen before.</summary>
/// <param name="Kind">In snake case, such as <c>sign_in_failed</c>.</param>
/// <param name="Severity"><c>info</c>, <c>low</c>, <c>medium</c>, <c>high</c> or <c>critical</c>.</param>
/// <param name="Times">How often it happened within a moment.</param>
/// <param name="UserId">Whose account it concerns, if that is known.</param>
/// <param name="Details">What else is known; names no person.</param>
[StoredAs("security_incident_noted")]
public sealed record SecurityIncidentNoted(
    string Kind,
    string Severity,
    int Times,
    Guid? UserId = null,
    IReadOnlyDictionary<string, string>? Details = null
) : SecurityNoteEvent;
