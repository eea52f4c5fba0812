using System.Runtime.InteropServices;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>What became of a try, for the ledger.</summary>
/// <param name="Status">sent or failed; queued where it is to be tried again.</param>
/// <param name="ConsentEvent">The log position of the consent that allowed it.</param>
/// <param name="InDoubt">It may have been taken, and nobody knows.</param>
/// <param name="DueAt">When to try again.</param>
/// <param name="Attempts">How often it was offered by now.</param>
/// <param name="Doubts">How often of these no answer came after it was handed over in full.</param>
internal sealed record Outcome(
    QueuedMail Mail,
    string Status,
    long ConsentEvent,
    string? Subject,
    string? ProviderMessageId,
    string? Error,
    bool InDoubt,
    DateTimeOffset At,
    DateTimeOffset? DueAt,
    short Attempts,
    short Doubts
)
{
    public const string Sent = "sent";
    public const string Failed = "failed";
    public const string Queued = "queued";
}

/// <summary>Whether a mail may be handed over now.</summary>
internal enum Permission
{
    /// <summary>Yes: the ledger knows that it is in flight.</summary>
    Go,

    /// <summary>The campaign is paused or over.</summary>
    NotSending,

    /// <summary>The consent ended; the ledger says so.</summary>
    Withheld,

    /// <summary>The day's quota is used up.</summary>
    QuotaReached,

    /// <summary>Another node has it, or it has an outcome.</summary>
    NotOurs,
}

/// <summary>The ledger's answer.</summary>
/// <param name="ConsentEvent">The log position of the consent that allows it; 0 where it may not go.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TryVerdict(Permission Permission, long ConsentEvent);
