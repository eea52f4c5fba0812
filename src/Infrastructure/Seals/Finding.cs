namespace SchemaHub.Infrastructure.Seals;

/// <summary>Something a check found wrong: a stable code for programs and a sentence for people.</summary>
public sealed record Finding(string Code, string Text)
{
    /// <summary>The file is not a whole proof bundle.</summary>
    public const string Malformed = "malformed";

    /// <summary>The checkpoint is signed by a key other than the one given.</summary>
    public const string UnknownKey = "unknown_key";

    /// <summary>The signature does not belong to the checkpoint.</summary>
    public const string BadSignature = "bad_signature";

    /// <summary>The bundle and its checkpoint are of different tenants.</summary>
    public const string WrongTenant = "wrong_tenant";

    /// <summary>An event does not say what was sealed.</summary>
    public const string EditedEvent = "edited_event";

    /// <summary>An event was taken out of the middle.</summary>
    public const string MissingEvent = "missing_event";

    /// <summary>Events were taken off the end.</summary>
    public const string Truncated = "truncated";

    /// <summary>Events stand in another order than the log's.</summary>
    public const string Reordered = "reordered";

    /// <summary>There is an event that the stream never had there.</summary>
    public const string Inserted = "inserted";

    /// <summary>A proof does not lead to the root that was signed.</summary>
    public const string RootMismatch = "root_mismatch";

    /// <summary>The bundle's key to personal parts is not the one that the stream's events commit to.</summary>
    public const string WrongKey = "wrong_key";

    /// <summary>An event is what was sealed, but its data cannot be read or decrypted.</summary>
    public const string UnreadableEvent = "unreadable_event";

    /// <summary>A witness saw another history: the log was rewritten after it had been sealed.</summary>
    public const string WitnessMismatch = "witness_mismatch";

    /// <summary>The witness's checkpoints neither confirm nor refute the bundle's.</summary>
    public const string WitnessUnproven = "witness_unproven";

    /// <summary>What is said to come from a witness is not a checkpoint signed by this installation.</summary>
    public const string WitnessMalformed = "witness_malformed";
}

/// <summary>What came of checking a proof.</summary>
/// <param name="Findings">Everything found wrong.</param>
/// <param name="Bundle">What was checked, if it could be read at all.</param>
/// <param name="Checkpoint">What the bundle was checked against: in particular up to which moment it speaks.</param>
public sealed record ProofResult(IReadOnlyList<Finding> Findings, ProofBundle? Bundle, Checkpoint? Checkpoint)
{
    /// <summary>Whether the personal parts can be read, and if not, whether an erasure is sealed.</summary>
    public SubjectKeyState Key { get; init; }

    /// <summary>The events, as far as they can be read; empty unless they are all proven.</summary>
    public IReadOnlyList<ProvenFact> Facts { get; init; } = [];

    /// <summary>Whether the bundle holds all of the stream's events, unchanged, up to its checkpoint.</summary>
    public bool IsValid => Findings.Count == 0;
}
