namespace SchemaHub.Faults;

/// <summary>An event of the log.</summary>
internal sealed record LogEntry(long Position, Guid Stream, long Number, long Version, string Type);

/// <summary>A row of the published list.</summary>
internal sealed record ListedContact(long Id, string Email, bool IsSubscribed);

/// <summary>A row of the published campaigns.</summary>
internal sealed record ListedCampaign(long Id, string Status, int Recipients, int Sent);

/// <summary>A row of the send ledger.</summary>
internal sealed record LedgerRow(int Id, long Campaign, long Contact, string Status, bool IsInDoubt);

/// <summary>What is there when a round is over and everything has come to rest.</summary>
internal sealed record Observed
{
    /// <summary>The events of the organization, in the order of their positions.</summary>
    public IReadOnlyList<LogEntry> Log { get; init; } = [];

    /// <summary>The last position before the load began: what lies there belongs to the setting.</summary>
    public long SetUpTo { get; init; }

    public IReadOnlyList<ListedContact> Contacts { get; init; } = [];

    public IReadOnlyList<ListedCampaign> Campaigns { get; init; } = [];

    public IReadOnlyList<LedgerRow> Ledger { get; init; } = [];

    public IReadOnlyList<TakenMail> Mails { get; init; } = [];

    /// <summary>The published rows of the back office: id and name.</summary>
    public IReadOnlyList<(Guid Id, string Name)> Records { get; init; } = [];

    /// <summary>The journal's entries about contacts: stream and stored name.</summary>
    public IReadOnlyList<(Guid Stream, string Type)> Journal { get; init; } = [];

    /// <summary>The last number of the journal, and the one that the database knows.</summary>
    public (long File, long Database) JournalNumbers { get; init; }

    /// <summary>Secrets of keys and tokens of sessions that open the service.</summary>
    public IReadOnlySet<string> Opening { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>What other checks found: proofs, rebuild, health, receipts, the log's own rules.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];
}
