namespace SchemaHub.Domain.Compliance;

/// <summary>
/// A fact about a request under the GDPR. Stored for ever: add optional fields, never rename or remove.
/// </summary>
public abstract record PrivacyRequestEvent : IAudited;

/// <summary>A person demanded something.</summary>
/// <param name="RequestedAt">When it reached us: from then on its time runs.</param>
/// <param name="DueOn">The last day on which it is in time (UTC).</param>
/// <param name="Note">For those who work on it.</param>
[StoredAs("privacy_request_opened")]
public sealed record PrivacyRequestOpened(
    PrivacyRight Right,
    PrivacySubject About,
    DateTimeOffset RequestedAt,
    DateOnly DueOn,
    [property: Personal] string? Note
) : PrivacyRequestEvent;

/// <summary>Somebody, or the service, is at it.</summary>
[StoredAs("privacy_request_begun")]
public sealed record PrivacyRequestBegun : PrivacyRequestEvent;

/// <summary>It takes two months more, and the person was told why.</summary>
[StoredAs("privacy_request_extended")]
public sealed record PrivacyRequestExtended(DateOnly DueOn, [property: Personal] string? Reason) : PrivacyRequestEvent;

/// <summary>It was done.</summary>
/// <param name="Sha256">Of the archive that was handed out, lower-case hex; null where none was made.</param>
/// <param name="Evidence">The position in the log of what was done, where that is an event of its own.</param>
[StoredAs("privacy_request_completed")]
public sealed record PrivacyRequestCompleted(PrivacyOutcome Outcome, string? Sha256, long? SizeBytes, long? Evidence)
    : PrivacyRequestEvent;

/// <summary>It is not done.</summary>
/// <param name="Reason">As the person is told.</param>
[StoredAs("privacy_request_rejected")]
public sealed record PrivacyRequestRejected(RejectionGround Ground, [property: Personal] string? Reason)
    : PrivacyRequestEvent;

/// <summary>The person took it back.</summary>
[StoredAs("privacy_request_cancelled")]
public sealed record PrivacyRequestCancelled : PrivacyRequestEvent;

/// <summary>What is personal of it, notes and reasons, is unreadable from now on.</summary>
[StoredAs("privacy_request_forgotten")]
public sealed record PrivacyRequestForgotten : PrivacyRequestEvent, IErasure;
