using System.Diagnostics;

namespace SchemaHub.Domain.Identity;

/// <summary>What lets a program act for an organization.</summary>
public sealed record ApiKey(
    bool IsCreated,
    bool IsRevoked,
    string Name,
    string? Description,
    bool IsTest,
    string RotationPolicy,
    int Rotations
) : IAggregate<ApiKey, ApiKeyEvent>
{
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
            Rotations: 0
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

    /// <summary>Gives it another secret; the one before opens nothing any more.</summary>
    /// <exception cref="RuleBrokenException"><c>api_key.revoked</c>.</exception>
    public IReadOnlyList<ApiKeyEvent> Rotate(string prefix, string keyHash, DateTimeOffset? nextRotationAt)
    {
        RequireAlive();
        return [new ApiKeyRotated(prefix, keyHash, nextRotationAt, Rotations + 1)];
    }

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
                Rotations: 0
            ),
            ApiKeyDescribed described => this with { Name = described.Name, Description = described.Description },
            ApiKeyRotated rotated => this with { Rotations = rotated.Count },
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
    DateTimeOffset? NextRotationAt = null
) : ApiKeyEvent;

/// <summary>It is called or described otherwise.</summary>
[StoredAs("api_key_described")]
public sealed record ApiKeyDescribed(string Name, string? Description, string NameBefore, string? DescriptionBefore)
    : ApiKeyEvent;

/// <summary>It has another secret.</summary>
/// <param name="KeyHash">SHA-256, lower-case hex.</param>
/// <param name="Count">How often it was rotated, with this.</param>
[StoredAs("api_key_rotated")]
public sealed record ApiKeyRotated(string Prefix, string KeyHash, DateTimeOffset? NextRotationAt, int Count)
    : ApiKeyEvent;

/// <summary>It opens nothing any more, for good.</summary>
[StoredAs("api_key_revoked")]
public sealed record ApiKeyRevoked(string? Reason) : ApiKeyEvent;
