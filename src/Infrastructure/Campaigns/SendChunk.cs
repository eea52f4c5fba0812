using System.Text.Json;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Mails of a campaign that this node has in hand: a run of queued ones, or ones that were deferred.</summary>
/// <param name="FirstId">Names the run of queued mails; null where they were deferred.</param>
internal sealed class SendChunk(ActiveCampaign campaign, int? firstId, int count)
{
    private int _left = count;
    private int _dropped;

    public ActiveCampaign Campaign { get; } = campaign;

    public int? FirstId { get; } = firstId;

    /// <summary>Whether a mail was given back without an outcome: others, or we later, go on with it.</summary>
    public bool HasDropped => Volatile.Read(ref _dropped) > 0;

    /// <summary>A mail has its outcome, or waits for another try; true at the last one.</summary>
    public bool End() => Interlocked.Decrement(ref _left) == 0;

    /// <summary>A mail is given back as it was; true at the last one.</summary>
    public bool Drop()
    {
        Interlocked.Increment(ref _dropped);
        return End();
    }
}

/// <summary>A mail to one recipient, on its way.</summary>
/// <param name="Chunk">Whose outcome it counts to: the first id of the chunk in the ledger.</param>
/// <param name="Attempts">How often it was tried before.</param>
/// <param name="Token">Of the person's links; null where the person was erased meanwhile.</param>
/// <param name="IsTracked">The person agreed to be measured.</param>
internal sealed record QueuedMail(
    SendChunk Work,
    int Id,
    int Chunk,
    int ContactId,
    short Attempts,
    string Email,
    string? Name,
    JsonElement? Metadata,
    string? Token,
    bool IsTracked
);
