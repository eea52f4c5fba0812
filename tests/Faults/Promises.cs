using System.Collections.Concurrent;

namespace SchemaHub.Faults;

/// <summary>An event that an answer acknowledged.</summary>
/// <param name="Type">Its stored name.</param>
/// <param name="Position">Its place in the log, where the answer tells it.</param>
internal sealed record PromisedChange(string Type, long? Position);

/// <summary>A stream of the log, and every event of it that was acknowledged, in the order of the requests.</summary>
internal class PromisedStream(string kind, string name)
{
    /// <summary>What it is, for messages.</summary>
    public string Kind { get; } = kind;

    /// <summary>What it is called; an address, for a contact.</summary>
    public string Name { get; } = name;

    /// <summary>Its published number, where it has one: the position of its first event.</summary>
    public long? Number { get; set; }

    /// <summary>Its id, where that is published.</summary>
    public Guid? Id { get; set; }

    public List<PromisedChange> Events { get; } = [];

    public void Promise(string type, long? position) => Events.Add(new PromisedChange(type, position));

    public override string ToString() => $"{Kind} {Name}";
}

/// <summary>A contact as the answers of the service describe it.</summary>
internal sealed class PromisedContact(string email, string? cohort) : PromisedStream("contact", email)
{
    public string Email => Name;

    /// <summary>The import that it came with, which its metadata names; null where it was added alone.</summary>
    public string? Cohort { get; } = cohort;

    public long Version { get; set; }

    public bool IsSubscribed { get; set; }

    public bool HasWithdrawn { get; set; }

    public bool IsErased { get; set; }

    /// <summary>When the request that ended the consent was begun; null where none was.</summary>
    public TimeSpan? EndAskedAt { get; set; }

    /// <summary>What was in flight when the end of the consent was acknowledged; null where it did not end.</summary>
    public ConsentEnd? End { get; set; }
}

/// <summary>
/// The send ledger a moment after an end of consent was acknowledged. The consent had ended, so no mail could begin to
/// be handed over any more: what is taken later was in flight or in doubt then.
/// </summary>
/// <param name="Ordinal">Of the mail that the mail server took last, read after the ledger.</param>
/// <param name="InFlight">The ledger's rows of the contact's mails that were in flight or in doubt.</param>
internal sealed record ConsentEnd(long Ordinal, IReadOnlySet<int> InFlight);

/// <summary>A campaign that was started, or that starts by itself.</summary>
internal sealed class PromisedCampaign(string subject) : PromisedStream("campaign", subject)
{
    public string Subject => Name;

    /// <summary>Those whose consent was acknowledged before the campaign was started.</summary>
    public IReadOnlyList<PromisedContact> Audience { get; set; } = [];

    /// <summary>When the campaign was seen to be over; null where it was not.</summary>
    public TimeSpan? OverAt { get; set; }
}

/// <summary>A key of the API.</summary>
internal sealed class PromisedKey(string name) : PromisedStream("key", name)
{
    public string Secret { get; set; } = "";

    public bool IsRevoked { get; set; }
}

/// <summary>A row of the back office.</summary>
internal sealed class PromisedRecord(string name) : PromisedStream("record", name)
{
    public string RowName { get; set; } = name;
}

/// <summary>A session that a sign-in answered with.</summary>
internal sealed class PromisedSession(Guid id, string token) : PromisedStream("session", id.ToString())
{
    public string Token { get; } = token;

    public bool IsEnded { get; set; }
}

/// <summary>Everything that was acknowledged in a round.</summary>
internal sealed class Promises
{
    private int _acknowledged;
    private readonly ConcurrentDictionary<string, int> _indeterminate = new(StringComparer.Ordinal);

    public ConcurrentBag<PromisedContact> Contacts { get; } = [];

    public ConcurrentBag<PromisedCampaign> Campaigns { get; } = [];

    public ConcurrentBag<PromisedKey> Keys { get; } = [];

    public ConcurrentBag<PromisedStream> Invitations { get; } = [];

    public ConcurrentBag<PromisedRecord> Records { get; } = [];

    public ConcurrentBag<PromisedSession> Sessions { get; } = [];

    /// <summary>Requests with their answers, to be repeated at the end under the same key.</summary>
    public ConcurrentBag<(Ask Ask, Answer Answer)> Answers { get; } = [];

    /// <summary>What went wrong while the load ran, such as a refusal that nothing explains.</summary>
    public ConcurrentQueue<string> Surprises { get; } = new();

    /// <summary>Changes that were acknowledged.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Tries without a clear answer, each of which was followed by another, by what came instead.</summary>
    public IReadOnlyDictionary<string, int> Indeterminate => new SortedDictionary<string, int>(_indeterminate);

    /// <summary>Requests that were answered with 500: a fault of the program, whatever the world does to it.</summary>
    public ConcurrentQueue<string> Failures { get; } = new();

    public void CountAcknowledged() => Interlocked.Increment(ref _acknowledged);

    public void CountIndeterminate(string what, Ask ask)
    {
        _indeterminate.AddOrUpdate(what, 1, (_, count) => count + 1);
        if (what == "500")
            Failures.Enqueue(ask.ToString());
    }

    /// <summary>The streams whose events in the log are exactly those that were acknowledged.</summary>
    public IEnumerable<PromisedStream> Streams => [.. Contacts, .. Campaigns, .. Keys, .. Invitations, .. Records];
}
