using SchemaHub.Application;
using SchemaHub.Domain.Contacts;
using SchemaHub.Infrastructure.Compliance;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>What a batch makes of one contact.</summary>
internal sealed class ContactRow(long id, Guid organization)
{
    public long Id { get; } = id;
    public Guid Organization { get; } = organization;

    /// <summary>The row as a whole is known: it is new, or comes back after an erasure.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Its first event is in the batch: nothing was written of it before.</summary>
    public bool IsNew { get; private set; }

    public bool DetailsChanged { get; private set; }
    public string? Email { get; private set; }
    public string? Name { get; private set; }
    public string? Metadata { get; private set; }
    public string? Token { get; private set; }
    public bool? Subscribed { get; private set; }
    public long ErasedAt { get; private set; }
    public long FirstSequence { get; private set; }
    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }

    public string ErasedEmail => ErasedAddress.Of(Id);

    public void Apply(ContactEvent happened, RecordedEvent recorded)
    {
        UpdatedAt = recorded.RecordedAt;
        if (recorded.Version == 1 || happened is ContactAdded)
            Begin(recorded);

        switch (happened)
        {
            case ContactAdded added:
                (Email, Token) = (added.Email, added.UnsubscribeToken);
                SetDetails(added.Name, added.Metadata?.GetRawText());
                Subscribed = added.Consent?.Purpose == Purposes.Newsletter;
                break;
            case ContactChanged changed:
                SetDetails(changed.Name, changed.Metadata?.GetRawText());
                break;
            case ConsentGiven { Consent.Purpose: Purposes.Newsletter }:
                Subscribed = true;
                break;
            case ConsentWithdrawn { Purpose: null or Purposes.Newsletter }:
            case ConsentRetracted { Purpose: Purposes.Newsletter }:
            case ContactSuppressed:
            case ContactRestricted:
                Subscribed = false;
                break;
            case RestrictionLifted lifted:
                Subscribed = lifted.Purposes.Contains(Purposes.Newsletter);
                break;
            case ContactErased:
            case EvidencePurged:
                (Email, Token, Subscribed, ErasedAt) = (null, null, false, recorded.Sequence);
                SetDetails(name: null, metadata: null);
                break;
        }
    }

    private void Begin(RecordedEvent recorded)
    {
        if (!IsWhole)
            (CreatedAt, FirstSequence) = (recorded.RecordedAt, recorded.Sequence);

        IsWhole = true;
        IsNew |= recorded.Version == 1;
    }

    private void SetDetails(string? name, string? metadata) =>
        (Name, Metadata, DetailsChanged) = (name, metadata, true);
}
