namespace SchemaHub.Application.Access;

/// <summary>
/// Takes note of what touches security and changes nothing: a failed sign-in, a refused request, a token that was
/// shown twice. Written many at a time, as events, off the request's path; never waits.
/// </summary>
public interface ISecurityLog
{
    /// <summary>Takes note. The same again within a moment is counted, not written twice.</summary>
    /// <param name="context">Who asked, from where, for which organization.</param>
    void Report(CommandContext context, SecurityIncident incident);
}

/// <summary>What happened.</summary>
/// <param name="Kind">In snake case, such as <c>sign_in_failed</c>; stored.</param>
/// <param name="User">Whom it concerns, if that is known.</param>
/// <param name="Organization">Where it happened; the caller's where null.</param>
/// <param name="Details">What else is known; no secret, nothing that names a person.</param>
public sealed record SecurityIncident(
    string Kind,
    Severity Severity,
    Guid? User = null,
    Guid? Organization = null,
    IReadOnlyDictionary<string, string>? Details = null
);

/// <summary>How much it matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>Happens every day: a mistyped password.</summary>
    Low,

    /// <summary>Worth a look: a permission that somebody does not have, a place not seen before.</summary>
    Medium,

    /// <summary>Somebody has what they should not have, or tries hard.</summary>
    High,

    /// <summary>Somebody must act now.</summary>
    Critical,
}
