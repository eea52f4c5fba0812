using System.Diagnostics;

namespace SchemaHub.Domain.Identity;

/// <summary>What lets a program act for an organization.</summary>
/// <param name="Holder">Whose key it is: it opens no more than that member may do.</param>
/// <param name="Scopes">The permissions it carries; null: all that its holder has.</param>
/// <param name="KeyHash">SHA-256 of its secret, lower-case hex.</param>
/// <param name="NextRotationAt">UTC; when the policy wants another secret.</param>
/// <param name="IsDueNoticed">It was noted that the policy wants one.</param>
public sealed record ApiKey(
    bool IsCreated,
    bool IsRevoked,
    string Name,
    string? Description,
    bool IsTest,
    string RotationPolicy,
    int Rotations,
    Guid? Holder,
    IReadOnlyList<string>? Scopes,
    string KeyHash,
    DateTimeOffset? NextRotationAt,
    bool IsDueNoticed
) : IAggregate<ApiKey, ApiKeyEvent>
{
    /// <summary>
    /// The person who was shown the present secret: the key opens no more than that member may do. Null: the operator.
    /// </summary>
    public Guid? Maker { get; init; }

    /// <summary>UTC; when the present secret was shown. Null: when the key was made.</summary>
    public DateTimeOffset? ShownAt { get; init; }

    /// <summary>The longest that a secret opens beside the one that replaced it.</summary>
    public static readonly TimeSpan MostGrace = TimeSpan.FromDays(7);

    /// <summary>How long it does where a policy wants another secret and nobody says otherwise.</summary>
    public static readonly TimeSpan UsualGrace = TimeSpan.FromDays(1);

    /// <inheritdoc/>
    public static string StreamType => "api_key";

    /// <inheritdoc/>
    public static ApiKey Initial { get; } =
        new(
            IsCreated: false,
            IsRevoked: false,
            Name: "",
            Description: null,
            IsTest: false,
            RotationPolicy: "manual",
            Rotations: 0,
            Holder: null,
            Scopes: null,
            KeyHash: "",
            NextRotationAt: null,
            IsDueNoticed: false
        );

    /// <summary>Makes the key.</summary>
    public IReadOnlyList<ApiKeyEvent> Create(ApiKeyCreated created) => IsCreated ? [] : [created];

    /// <summary>Describes it anew.</summary>
    /// <exception cref="RuleBrokenException"><c>api_key.revoked</c>.</exception>
    public IReadOnlyList<ApiKeyEvent> Describe(string name, string? description)
    {
        RequireAlive();
        return name == Name && description == Description
            ? []
            : [new ApiKeyDescribed(name, description, Name, Description)];
    }

    /// <summary>
    /// Gives it another secret. The one before opens until the grace is over, and the one before that nothing any
    /// more: at most two open at a time.
    /// </summary>
    /// <param name="grace">
    /// None after a leak. Null: a day where a policy wants new secrets, which programs are given one after the other;
    /// none where somebody replaced it by hand.
    /// </param>
    /// <param name="maker">The person who is shown the new secret; null: the operator.</param>
    /// <exception cref="RuleBrokenException"><c>api_key.revoked</c>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The grace is negative, or longer than a week.</exception>
    public IReadOnlyList<ApiKeyEvent> Rotate(
        string prefix,
        string keyHash,
        DateTimeOffset? nextRotationAt,
        TimeSpan? grace,
        DateTimeOffset now,
        Guid? maker = null
    )
    {
        RequireAlive();
        var given = grace ?? (RotationPolicy == "manual" ? TimeSpan.Zero : UsualGrace);
        if (given < TimeSpan.Zero || given > MostGrace)
            throw new ArgumentOutOfRangeException(nameof(grace), grace, "A grace is at most a week.");

        return given == TimeSpan.Zero
            ? [new ApiKeyRotated(prefix, keyHash, nextRotationAt, Rotations + 1, MakerId: maker, ShownAt: now)]
            :
            [
                new ApiKeyRotated(
                    prefix,
                    keyHash,
                    nextRotationAt,
                    Rotations + 1,
                    KeyHash,
                    now + given,
                    maker,
                    PreviousMakerId: Maker,
                    ShownAt: now,
                    PreviousShownAt: ShownAt
                ),
            ];
    }

    /// <summary>Notes, once for each time that it is due, that the policy wants another secret.</summary>
    public IReadOnlyList<ApiKeyEvent> NoticeRotationDue(DateTimeOffset now) =>
        IsCreated && !IsRevoked && !IsDueNoticed && NextRotationAt is { } due && due <= now
            ? [new ApiKeyRotationDue(due)]
            : [];

    /// <summary>Takes it back for good.</summary>
    public IReadOnlyList<ApiKeyEvent> Revoke(string? reason) =>
        IsCreated && !IsRevoked ? [new ApiKeyRevoked(reason)] : [];

    /// <inheritdoc/>
    public ApiKey Apply(ApiKeyEvent happened) =>
        happened switch
        {
            ApiKeyCreated created => new ApiKey(
                IsCreated: true,
                IsRevoked: false,
                created.Name,
                created.Description,
                IsTest: created.Prefix.StartsWith("sk_test_", StringComparison.Ordinal),
                created.RotationPolicy ?? "manual",
                Rotations: 0,
                created.UserId,
                created.Scopes,
                created.KeyHash,
                created.NextRotationAt,
                IsDueNoticed: false
            )
            {
                Maker = created.MakerId,
            },
            ApiKeyDescribed described => this with { Name = described.Name, Description = described.Description },
            ApiKeyRotated rotated => this with
            {
                Rotations = rotated.Count,
                KeyHash = rotated.KeyHash,
                NextRotationAt = rotated.NextRotationAt,
                IsDueNoticed = false,
                Maker = rotated.MakerId,
                ShownAt = rotated.ShownAt,
            },
            ApiKeyRotationDue => this with { IsDueNoticed = true },
            ApiKeyRevoked => this with { IsRevoked = true },
            _ => throw new UnreachableException($"ApiKey cannot apply {happened.GetType().Name}."),
        };

    private void RequireAlive()
    {
        if (!IsCreated || IsRevoked)
            throw new RuleBrokenException("api_key.revoked", "This key was revoked.");
    }
}

/// <summary>A fact about an API key.</summary>
public abstract record ApiKeyEvent : IAudited;

/// <summary>A key was made and shown once; only its hash is kept.</summary>
/// <param name="Prefix"><c>sk_live_</c> or <c>sk_test_</c> and the first characters, to recognize it by.</param>
/// <param name="KeyHash">SHA-256, lower-case hex.</param>
/// <param name="UserId">Whose key it is.</param>
/// <param name="UserNumber">The published integer id of that user.</param>
/// <param name="ExpiresAt">UTC; null where it does not expire.</param>
/// <param name="RotationPolicy"><c>manual</c>, <c>30d</c>, <c>60d</c>, <c>90d</c>, <c>180d</c>, <c>365d</c>.</param>
/// <param name="NextRotationAt">UTC; when the policy wants another secret.</param>
/// <param name="Scopes">The permissions it carries, as <c>resource:action</c>; null: all that its holder has.</param>
/// <param name="MakerId">The person who was shown the secret, or who answers for the key that made this one; null: the
/// operator.</param>
/// <param name="MadeByKeyId">The key that made this one; it is revoked with that key.</param>
[StoredAs("api_key_created")]
public sealed record ApiKeyCreated(
    string Name,
    string Prefix,
    string KeyHash,
    Guid? UserId = null,
    long? UserNumber = null,
    string? Description = null,
    DateTimeOffset? ExpiresAt = null,
    string? RotationPolicy = null,
    DateTimeOffset? NextRotationAt = null,
    IReadOnlyList<string>? Scopes = null,
    Guid? MakerId = null,
    Guid? MadeByKeyId = null
) : ApiKeyEvent;

/// <summary>It is called or described otherwise.</summary>
[StoredAs("api_key_described")]
public sealed record ApiKeyDescribed(string Name, string? Description, string NameBefore, string? DescriptionBefore)
    : ApiKeyEvent;

/// <summary>It has another secret.</summary>
/// <param name="KeyHash">SHA-256, lower-case hex.</param>
/// <param name="Count">How often it was rotated, with this.</param>
/// <param name="PreviousKeyHash">Of the secret before, while it still opens; null where it does not.</param>
/// <param name="PreviousUntil">UTC; until when it does.</param>
/// <param name="MakerId">The person who was shown the new secret; null: the operator.</param>
/// <param name="PreviousMakerId">The same of the secret before, while it still opens.</param>
/// <param name="ShownAt">UTC; when the new secret was made.</param>
/// <param name="PreviousShownAt">
/// The same of the secret before, while it still opens; null: when the key was made.
/// </param>
[StoredAs("api_key_rotated")]
public sealed record ApiKeyRotated(
    string Prefix,
    string KeyHash,
    DateTimeOffset? NextRotationAt,
    int Count,
    string? PreviousKeyHash = null,
    DateTimeOffset? PreviousUntil = null,
    Guid? MakerId = null,
    Guid? PreviousMakerId = null,
    DateTimeOffset? ShownAt = null,
    DateTimeOffset? PreviousShownAt = null
) : ApiKeyEvent;

/// <summary>
/// Its policy wants another secret. It goes on opening: only its holder can put another one in place.
/// </summary>
/// <param name="DueAt">UTC.</param>
[StoredAs("api_key_rotation_due")]
public sealed record ApiKeyRotationDue(DateTimeOffset DueAt) : ApiKeyEvent;

/// <summary>It opens nothing any more, for good.</summary>
[StoredAs("api_key_revoked")]
public sealed record ApiKeyRevoked(string? Reason) : ApiKeyEvent;
