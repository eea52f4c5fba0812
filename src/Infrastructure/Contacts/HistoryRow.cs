using System.Text.Json;
using System.Text.Json.Nodes;
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
    string OpenMetadata
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
    public HistoryRow WithoutPerson() => this with { Ip = null, UserAgent = null, Metadata = OpenMetadata };

    private static HistoryRow Row(
        RecordedEvent recorded,
        string action,
        string source,
        JsonObject open,
        Evidence? evidence,
        Evidence? request = null
    )
    {
        var openMetadata = open.ToJsonString();
        if (evidence?.Claims is { } claims)
            open["claims"] = JsonSerializer.SerializeToNode(claims);

        if (request is not null)
            open["request"] = JsonSerializer.SerializeToNode(request, JsonSerializerOptions.Web);

        return new HistoryRow(
            recorded.Sequence,
            recorded.Number,
            Guid.Parse(recorded.Tenant),
            action,
            recorded.RecordedAt,
            source,
            evidence?.Ip,
            evidence?.UserAgent,
            open.ToJsonString(),
            openMetadata
        );
    }

    private static JsonObject Describe(Consent consent, Guid? importId, bool renewed = false)
    {
        var open = new JsonObject
        {
            ["purpose"] = consent.Purpose,
            ["basis"] = consent.Basis,
            ["method"] = consent.Method,
        };
        Set(open, "wording", consent.Wording);
        Set(open, "language", consent.Language);
        Set(open, "import", importId?.ToString());
        if (renewed)
            open["renewed"] = true;

        return open;
    }

    private static JsonObject Describe(string? purpose, string? reason, Guid? importId)
    {
        var open = new JsonObject();
        Set(open, "purpose", purpose);
        Set(open, "reason", reason);
        Set(open, "import", importId?.ToString());
        return open;
    }

    private static void Set(JsonObject open, string name, string? value)
    {
        if (value is not null)
            open[name] = value;
    }
}
