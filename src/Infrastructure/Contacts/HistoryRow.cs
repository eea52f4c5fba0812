using System.Buffers;
using System.Text;
using System.Text.Json;
using SchemaHub.Application;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Infrastructure.Contacts;

/// <summary>A row of <c>backstage.consent_history</c>: one event that changed what a person agreed to.</summary>
internal sealed record HistoryRow(
    long Id,
    long ContactId,
    Guid Organization,
    string Action,
    DateTimeOffset At,
    string Source,
    string? Ip,
    string? UserAgent,
    string Metadata,
    Facts Open
)
{
    private const string Subscribe = "subscribe";
    private const string Resubscribe = "resubscribe";
    private const string Unsubscribe = "unsubscribe";

    /// <summary>The row of an event, or null where it is not about consent.</summary>
    public static HistoryRow? Of(ContactEvent happened, RecordedEvent recorded) =>
        happened switch
        {
            ContactAdded { Consent: { } consent } added => Row(
                recorded,
                Subscribe,
                added.Source,
                Describe(consent, added.ImportId),
                added.Evidence
            ),
            ConsentGiven given => Row(
                recorded,
                given.Raised ? Resubscribe : Subscribe,
                given.Source,
                Describe(given.Consent, given.ImportId, given.Renewed),
                given.Evidence,
                given.RequestEvidence
            ),
            ConsentWithdrawn withdrawn => Row(
                recorded,
                Unsubscribe,
                withdrawn.Source,
                Describe(withdrawn.Purpose, withdrawn.Reason, withdrawn.ImportId),
                withdrawn.Evidence
            ),
            ContactSuppressed suppressed => Row(
                recorded,
                Unsubscribe,
                suppressed.Source,
                Describe(purpose: null, suppressed.Reason, suppressed.ImportId),
                suppressed.Evidence
            ),
            ConsentRetracted retracted => Row(
                recorded,
                Unsubscribe,
                Sources.Import,
                Describe(retracted.Purpose, "import_undone", retracted.ImportId),
                evidence: null
            ),
            ContactErased erased => Row(
                recorded,
                Unsubscribe,
                erased.Source,
                Describe(purpose: null, $"erased:{erased.Reason}", importId: null),
                evidence: null
            ),
            _ => null,
        };

    /// <summary>The row as it is once the person was erased.</summary>
    public HistoryRow WithoutPerson() => this with { Ip = null, UserAgent = null, Metadata = Open.ToJson() };

    private static HistoryRow Row(
        RecordedEvent recorded,
        string action,
        string source,
        Facts open,
        Evidence? evidence,
        Evidence? request = null
    ) =>
        new(
            recorded.Sequence,
            recorded.Number,
            Guid.Parse(recorded.Tenant),
            action,
            recorded.RecordedAt,
            source,
            evidence?.Ip,
            evidence?.UserAgent,
            open.ToJson(evidence?.Claims, request),
            open
        );

    private static Facts Describe(Consent consent, Guid? importId, bool renewed = false) =>
        new(consent.Purpose, Reason: null, importId, consent, renewed);

    private static Facts Describe(string? purpose, string? reason, Guid? importId) => new(purpose, reason, importId);
}

/// <summary>What a row says of the consent itself; nothing in it belongs to the person.</summary>
internal readonly record struct Facts(
    string? Purpose,
    string? Reason,
    Guid? ImportId,
    Consent? Consent = null,
    bool Renewed = false
)
{
    /// <summary>JSON of the column <c>metadata</c>, with what belongs to the person where it is given.</summary>
    public string ToJson(IReadOnlyDictionary<string, string>? claims = null, Evidence? request = null)
    {
        // One per row of a rebuild: a writer over a reused buffer costs a tenth of a tree of nodes.
        var buffer = _buffer ??= new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        Write(json, "purpose", Purpose);
        Write(json, "basis", Consent?.Basis);
        Write(json, "method", Consent?.Method);
        Write(json, "wording", Consent?.Wording);
        Write(json, "language", Consent?.Language);
        Write(json, "reason", Reason);
        Write(json, "import", ImportId?.ToString());
        if (Renewed)
            json.WriteBoolean("renewed", value: true);

        if (claims is not null)
        {
            json.WritePropertyName("claims");
            JsonSerializer.Serialize(json, claims);
        }

        if (request is not null)
        {
            json.WritePropertyName("request");
            JsonSerializer.Serialize(json, request, JsonSerializerOptions.Web);
        }

        json.WriteEndObject();
        json.Flush();
        var text = Encoding.UTF8.GetString(buffer.WrittenSpan);
        // Clears it, too: what belongs to a person does not lie about.
        buffer.Clear();
        return text;
    }

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    private static void Write(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}
