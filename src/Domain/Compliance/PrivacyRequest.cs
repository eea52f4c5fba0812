using System.Diagnostics;

namespace SchemaHub.Domain.Compliance;

/// <summary>
/// What a person demanded under the GDPR, by when it is to be done, and what became of it. It knows whom it is about by
/// the id of their stream alone, a keyed hash of the address: that it was done stays provable when the person is gone.
/// </summary>
/// <param name="Opened">What was demanded; null before the first event.</param>
/// <param name="DueOn">The last day on which it is in time (UTC).</param>
/// <param name="IsExtended">Its time was extended, which is possible once.</param>
/// <param name="IsForgotten">What is personal of it was destroyed.</param>
public sealed record PrivacyRequest(
    PrivacyRequestOpened? Opened,
    PrivacyStatus Status,
    DateOnly DueOn,
    bool IsExtended,
    bool IsForgotten
) : IAggregate<PrivacyRequest, PrivacyRequestEvent>
{
    /// <summary>One month, and two more where it is complex (GDPR Art. 12(3)).</summary>
    public const int Months = 1;

    /// <inheritdoc cref="Months"/>
    public const int MonthsMore = 2;

    /// <inheritdoc/>
    public static string StreamType => "privacy_request";

    /// <inheritdoc/>
    public static PrivacyRequest Initial { get; } =
        new(Opened: null, PrivacyStatus.Pending, DueOn: default, IsExtended: false, IsForgotten: false);

    /// <summary>Whether it is still to be done.</summary>
    public bool IsOpen => Opened is not null && Status is PrivacyStatus.Pending or PrivacyStatus.InProgress;

    /// <summary>
    /// The last day in time: that of the same number a month later, or the month's last where it has none
    /// (Regulation 1182/71, Art. 3). Weekends and holidays do not move it: earlier is in time, too.
    /// </summary>
    public static DateOnly DueAfter(DateOnly requestedOn, int months) => requestedOn.AddMonths(months);

    /// <summary>Takes a demand in.</summary>
    /// <param name="requestedAt">When it reached us.</param>
    /// <exception cref="RuleBrokenException"><c>privacy_request.exists</c>.</exception>
    public IReadOnlyList<PrivacyRequestEvent> Open(
        PrivacyRight right,
        PrivacySubject about,
        DateTimeOffset requestedAt,
        string? note
    ) =>
        Opened is null
            ?
            [
                new PrivacyRequestOpened(
                    right,
                    about,
                    requestedAt,
                    DueAfter(DateOnly.FromDateTime(requestedAt.UtcDateTime), Months),
                    note
                ),
            ]
            : throw new RuleBrokenException("privacy_request.exists", "There is such a request already.");

    /// <summary>Somebody, or the service, is at it; from here on until its end it can be begun again.</summary>
    public IReadOnlyList<PrivacyRequestEvent> Begin()
    {
        RequireOpen();
        return Status == PrivacyStatus.InProgress ? [] : [new PrivacyRequestBegun()];
    }

    /// <summary>Takes two more months, once, within the first.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>privacy_request.ended</c>, <c>privacy_request.extended</c>, <c>privacy_request.overdue</c>.
    /// </exception>
    public IReadOnlyList<PrivacyRequestEvent> Extend(string reason, DateOnly today)
    {
        RequireOpen();
        if (IsExtended)
            throw new RuleBrokenException(
                "privacy_request.extended",
                "Its time was extended before, which works once."
            );

        if (today > DueOn)
            throw new RuleBrokenException(
                "privacy_request.overdue",
                "The person is told of an extension within the first month, and that is over."
            );

        var requestedOn = DateOnly.FromDateTime(Opened!.RequestedAt.UtcDateTime);
        return [new PrivacyRequestExtended(DueAfter(requestedOn, Months + MonthsMore), reason)];
    }

    /// <summary>It was done.</summary>
    /// <param name="outcome">What was done.</param>
    /// <param name="handedOut">SHA-256 of the archive, lower-case hex, and its size; null where none was made.</param>
    public IReadOnlyList<PrivacyRequestEvent> Complete(PrivacyOutcome outcome, HandedOut? handedOut, long? evidence)
    {
        RequireOpen();
        var completed = new PrivacyRequestCompleted(outcome, handedOut?.Sha256, handedOut?.SizeBytes, evidence);
        // What was said about an erased person is theirs, too.
        return outcome == PrivacyOutcome.Erased
            ? [completed, .. Forget(this with { Status = PrivacyStatus.Completed })]
            : [completed];
    }

    /// <summary>It is not done, for a reason that the person is told (GDPR Art. 12(4)).</summary>
    public IReadOnlyList<PrivacyRequestEvent> Reject(RejectionGround ground, string reason)
    {
        RequireOpen();
        return [new PrivacyRequestRejected(ground, reason)];
    }

    /// <summary>The person took it back.</summary>
    public IReadOnlyList<PrivacyRequestEvent> Cancel()
    {
        RequireOpen();
        return [new PrivacyRequestCancelled()];
    }

    /// <summary>Destroys what is personal of it, once it has ended. That it was, and how it ended, stays.</summary>
    public IReadOnlyList<PrivacyRequestEvent> Forget() => Forget(this);

    /// <inheritdoc/>
    public PrivacyRequest Apply(PrivacyRequestEvent happened) =>
        happened switch
        {
            PrivacyRequestOpened opened => Initial with { Opened = opened, DueOn = opened.DueOn },
            PrivacyRequestBegun => this with { Status = PrivacyStatus.InProgress },
            PrivacyRequestExtended extended => this with { DueOn = extended.DueOn, IsExtended = true },
            PrivacyRequestCompleted => this with { Status = PrivacyStatus.Completed },
            PrivacyRequestRejected => this with { Status = PrivacyStatus.Rejected },
            PrivacyRequestCancelled => this with { Status = PrivacyStatus.Cancelled },
            PrivacyRequestForgotten => this with { IsForgotten = true },
            _ => throw new UnreachableException($"PrivacyRequest cannot apply {happened.GetType().Name}."),
        };

    private static PrivacyRequestEvent[] Forget(PrivacyRequest request) =>
        request.Opened is null || request.IsOpen || request.IsForgotten ? [] : [new PrivacyRequestForgotten()];

    private void RequireOpen()
    {
        if (Opened is null)
            throw new RuleBrokenException("privacy_request.not_found", "There is no such request.");

        if (!IsOpen)
            throw new RuleBrokenException("privacy_request.ended", "This request has ended.");
    }
}

/// <summary>Where a request stands, as <c>podcast.gdpr_requests</c> documents it.</summary>
public enum PrivacyStatus
{
    /// <summary>It came in.</summary>
    Pending,

    /// <summary>Somebody, or the service, is at it.</summary>
    InProgress,

    /// <summary>It was done.</summary>
    Completed,

    /// <summary>It is not done, for a reason that was given.</summary>
    Rejected,

    /// <summary>The person took it back.</summary>
    Cancelled,
}

/// <summary>What people may demand.</summary>
public enum PrivacyRight
{
    /// <summary>To see what is held (Art. 15).</summary>
    Access,

    /// <summary>To have it put right (Art. 16).</summary>
    Rectification,

    /// <summary>To be forgotten (Art. 17).</summary>
    Erasure,

    /// <summary>To have it kept and not used (Art. 18).</summary>
    Restriction,

    /// <summary>To take along what they gave (Art. 20).</summary>
    Portability,

    /// <summary>To have its use for marketing ended (Art. 21).</summary>
    Objection,
}

/// <summary>What kind of person a request is about.</summary>
public enum SubjectKind
{
    /// <summary>Somebody on the organization's list.</summary>
    Contact,

    /// <summary>Somebody with an account.</summary>
    User,
}

/// <summary>Whom a request is about.</summary>
/// <param name="Stream">Their stream: a keyed hash of the address, also where nothing is known of the address.</param>
/// <param name="Number">The published integer id; null where nothing is known of the address.</param>
public sealed record PrivacySubject(SubjectKind Kind, Guid Stream, long? Number);

/// <summary>An archive that was handed out.</summary>
/// <param name="Sha256">Lower-case hex.</param>
public sealed record HandedOut(string Sha256, long SizeBytes);

/// <summary>What was done.</summary>
public enum PrivacyOutcome
{
    /// <summary>An archive was made and handed out.</summary>
    ArchiveMade,

    /// <summary>The person was erased.</summary>
    Erased,

    /// <summary>Their data is kept and not used.</summary>
    Restricted,

    /// <summary>It was put right.</summary>
    Rectified,

    /// <summary>Every consent was withdrawn.</summary>
    Withdrawn,

    /// <summary>There was nothing to do it to.</summary>
    NothingHeld,
}

/// <summary>Why it is not done.</summary>
public enum RejectionGround
{
    /// <summary>Nobody could tell that it is the person who asks (Art. 12(6)).</summary>
    IdentityUnproven,

    /// <summary>It is manifestly unfounded (Art. 12(5)).</summary>
    Unfounded,

    /// <summary>It is excessive, in particular because it is repeated (Art. 12(5)).</summary>
    Excessive,

    /// <summary>
    /// The law keeps the data, or others' rights stand against it (such as Art. 15(4), 17(3), 20(4)).
    /// </summary>
    Exempt,
}
