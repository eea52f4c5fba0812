using System.Collections.Concurrent;
using System.Text.Json;

namespace SchemaHub.Infrastructure.Campaigns;

/// <summary>Mails of a campaign that this node has in hand: a run of queued ones, or ones that were deferred.</summary>
/// <param name="FirstId">Names the run of queued mails; null where they were deferred.</param>
internal sealed class SendChunk(ActiveCampaign campaign, int? firstId, int count)
{
    private readonly ConcurrentQueue<int> _notSent = new();
    private readonly ConcurrentQueue<int> _inDoubt = new();
    private readonly ConcurrentQueue<int> _dropped = new();
    private int _left = count;

    public ActiveCampaign Campaign { get; } = campaign;

    public int? FirstId { get; } = firstId;

    /// <summary>Mails that were given back without an outcome: others, or we later, go on with them.</summary>
    public IReadOnlyCollection<int> Dropped => _dropped;

    /// <summary>The number of the journal's entry that its mails were begun with.</summary>
    public long Begun { get; set; }

    /// <summary>Contacts whose mails were not taken, or perhaps not.</summary>
    public IReadOnlyCollection<int> NotSent => _notSent;

    /// <summary>Those of them whose mails may have been taken.</summary>
    public IReadOnlyCollection<int> InDoubt => _inDoubt;

    /// <summary>A mail has an outcome that the ledger knows; true at the last one.</summary>
    public bool End(Outcome outcome)
    {
        if (outcome.Status != Outcome.Sent)
            _notSent.Enqueue(outcome.Mail.ContactId);

        if (outcome.Status != Outcome.Sent && (outcome.InDoubt || outcome.Doubts > 0))
            _inDoubt.Enqueue(outcome.Mail.ContactId);

        return End();
    }

    /// <summary>A mail will not be handed over now; true at the last one.</summary>
    public bool Leave(QueuedMail mail)
    {
        _notSent.Enqueue(mail.ContactId);
        return End();
    }

    /// <summary>A mail has its outcome, or waits for another try; true at the last one.</summary>
    private bool End() => Interlocked.Decrement(ref _left) == 0;

    /// <summary>A mail is given back as it was; true at the last one.</summary>
    public bool Drop(QueuedMail mail)
    {
        _dropped.Enqueue(mail.Id);
        return Leave(mail);
    }
}

/// <summary>A mail to one recipient, on its way.</summary>
/// <param name="Chunk">Whose outcome it counts to: the first id of the chunk in the ledger.</param>
/// <param name="Attempts">How often it was tried before.</param>
/// <param name="Doubts">After how many of these it may have been taken.</param>
/// <param name="Token">Of the person's links; null where the person was erased meanwhile.</param>
/// <param name="IsTracked">The person agreed to be measured.</param>
internal sealed record QueuedMail(
    SendChunk Work,
    int Id,
    int Chunk,
    int ContactId,
    short Attempts,
    short Doubts,
    string Email,
    string? Name,
    JsonElement? Metadata,
    string? Token,
    bool IsTracked
);
