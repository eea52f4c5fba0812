using System.Globalization;
using System.Text.Json;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>
/// The rows of a contact's <c>consent_history</c>, folded into what stands for each purpose. What a file claimed when
/// the contact came in goes out as it came: an export of an import is the first export again.
/// </summary>
internal sealed class ExportedHistory
{
    private readonly SortedDictionary<string, (HistoryEntry Entry, bool InForce)> _given = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, HistoryEntry> _withdrawn = new(StringComparer.Ordinal);
    private HistoryEntry? _saidNoToAll;

    /// <summary>Why the address must not be written to, or null.</summary>
    public string? SuppressedFor { get; private set; }

    public static ExportedHistory Read(string? json)
    {
        var history = new ExportedHistory();
        foreach (var entry in json is null ? [] : JsonSerializer.Deserialize<HistoryEntry[]>(json, HistoryEntry.Json)!)
            history.Fold(entry);

        return history;
    }

    /// <summary>
    /// The evidence of the last consent to the newsletter, and the withdrawal while no consent came after it. A stated
    /// basis is no opt-in.
    /// </summary>
    public (FileConsent? Consent, FileWithdrawal? Withdrawal) Newsletter()
    {
        var given = _given.GetValueOrDefault(Purposes.Newsletter).Entry;
        var consent = given?.Text("basis") == LegalBases.Consent ? given.ToConsent() : null;
        return (consent, _withdrawn.GetValueOrDefault(Purposes.Newsletter)?.ToWithdrawal(consent));
    }

    /// <summary>What stands for each purpose; the newsletter first, a withdrawal from everything last.</summary>
    public List<FilePurpose> PerPurpose(bool isRestricted)
    {
        var purposes = _given
            .Keys.Union(_withdrawn.Keys, StringComparer.Ordinal)
            .OrderBy(purpose => purpose != Purposes.Newsletter)
            .ThenBy(purpose => purpose, StringComparer.Ordinal)
            .Select(purpose => Of(purpose, isRestricted))
            .OfType<FilePurpose>()
            .ToList();
        // A file cannot raise what its own row withdraws from everything; who came back said yes to that purpose.
        if (_saidNoToAll is not null && !_given.Values.Any(given => given.InForce))
            purposes.Add(
                new FilePurpose(
                    Purpose: null,
                    FileStanding.Withdrawn,
                    Withdrawal: _saidNoToAll.ToWithdrawal(consent: null)
                )
            );

        return purposes;
    }

    private FilePurpose? Of(string purpose, bool isRestricted)
    {
        var (given, inForce) = _given.GetValueOrDefault(purpose);
        var consent = given?.ToConsent();
        if (_withdrawn.TryGetValue(purpose, out var withdrawn))
            return withdrawn.IsSuppression
                ? OfSuppressed(purpose, given, consent)
                : Describe(purpose, FileStanding.Withdrawn, given, consent) with
                {
                    Withdrawal = withdrawn.ToWithdrawal(consent),
                };

        // What was taken back with its import says nothing of the person.
        return inForce
            ? Describe(purpose, isRestricted ? FileStanding.Restricted : FileStanding.InForce, given, consent)
            : null;
    }

    // That the address was barred is no word of the person's; what it ended is evidence.
    private static FilePurpose? OfSuppressed(string purpose, HistoryEntry? given, FileConsent? consent) =>
        given is null ? null : Describe(purpose, FileStanding.Suppressed, given, consent);

    private static FilePurpose Describe(
        string purpose,
        FileStanding standing,
        HistoryEntry? given,
        FileConsent? consent
    ) =>
        new(
            purpose,
            standing,
            given?.Text("basis"),
            given?.Claim(FileClaims.Method) ?? given?.Text("method"),
            given?.Text("wording") ?? given?.Claim(FileClaims.Wording),
            given?.Text("language"),
            Text: null,
            consent,
            given?.OtherClaims()
        );

    private void Fold(HistoryEntry entry)
    {
        var (purpose, reason) = (entry.Text("purpose"), entry.Text("reason"));
        if (entry.Action != "unsubscribe")
        {
            var raised = purpose ?? Purposes.Newsletter;
            _given[raised] = (entry, InForce: true);
            _withdrawn.Remove(raised);
            if (entry.Action == "resubscribe")
                SuppressedFor = null;
        }
        else if (reason == "import_undone")
        {
            if (purpose is not null)
                End(purpose);
        }
        else if (reason?.StartsWith("erased:", StringComparison.Ordinal) == true)
        {
            // The evidence went with the person; that they said no stays.
            _given.Clear();
        }
        else if (purpose is not null)
        {
            Withdraw(purpose, entry);
        }
        else
        {
            WithdrawAll(entry, reason);
        }
    }

    private void WithdrawAll(HistoryEntry entry, string? reason)
    {
        if (entry.IsSuppression)
            SuppressedFor ??= reason;
        else
            _saidNoToAll = entry;

        foreach (var known in _given.Keys.Append(Purposes.Newsletter).Distinct().ToList())
            Withdraw(known, entry);
    }

    private void Withdraw(string purpose, HistoryEntry entry)
    {
        End(purpose);
        // The first no counts until the next yes: a suppression after it, or a no to everything, is no other word.
        _withdrawn.TryAdd(purpose, entry);
    }

    private void End(string purpose)
    {
        if (_given.TryGetValue(purpose, out var given))
            _given[purpose] = given with { InForce = false };
    }
}

/// <summary>A row of a contact's history as the export reads it.</summary>
internal sealed record HistoryEntry(
    string Action,
    DateTime At,
    string? Source,
    string? Ip,
    string? UserAgent,
    JsonElement Metadata
)
{
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    // Published times are UTC without saying so.
    private DateTimeOffset RecordedAt => new(DateTime.SpecifyKind(At, DateTimeKind.Utc));

    /// <summary>
    /// The address was barred. A withdrawal from everything that a program gave one of these codes means the same.
    /// </summary>
    public bool IsSuppression =>
        Action == "unsubscribe" && Text("purpose") is null && SuppressionReasons.All.Contains(Text("reason"));

    private JsonElement Claims => Part("claims");

    private JsonElement Request => Part("request");

    public string? Text(string name) => Text(Metadata, name);

    public string? Claim(string name) => Text(Claims, name);

    public FileConsent ToConsent()
    {
        // Of a double opt-in of ours the row is the second step, and the request the first.
        var isConfirmed = Text("method") == ConsentMethods.DoubleOptIn;
        return new FileConsent(
            Time(FileClaims.OptedInAt) ?? RecordedAt,
            Claim(FileClaims.OptedInIp) ?? (isConfirmed ? Text(Request, "ip") : Ip),
            Time(FileClaims.ConfirmedAt) ?? (isConfirmed ? RecordedAt : null),
            Claim(FileClaims.ConfirmedIp) ?? (isConfirmed ? Ip : null),
            Claim(FileClaims.SignedUpThrough) ?? Source
        );
    }

    /// <param name="consent">What went before.</param>
    public FileWithdrawal ToWithdrawal(FileConsent? consent)
    {
        var claimed = Time(FileClaims.WithdrawnAt);
        // An earlier time than the opt-in's would read as if the person had come back.
        return new(
            FileWithdrawalKind.Unsubscribed,
            claimed is null || claimed < consent?.OptInAt ? RecordedAt : claimed,
            Claim(FileClaims.Reason) ?? (Text("reason") is FileClaims.LeftElsewhere ? null : Text("reason"))
        );
    }

    /// <summary>What both steps claim, and the browser they came from, but for what has a field of its own.</summary>
    public Dictionary<string, string>? OtherClaims()
    {
        var others = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var claims in (JsonElement[])[Part(Request, "claims"), Claims])
        {
            if (claims.ValueKind != JsonValueKind.Object)
                continue;

            foreach (var claim in claims.EnumerateObject().Where(claim => !FileClaims.All.Contains(claim.Name)))
                others[claim.Name] = claim.Value.GetString() ?? "";
        }

        if (UserAgent is not null)
            others.TryAdd(FileClaims.UserAgent, UserAgent);

        return others.Count == 0 ? null : others;
    }

    private DateTimeOffset? Time(string claim) =>
        DateTimeOffset.TryParse(Claim(claim), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : null;

    private JsonElement Part(string name) => Part(Metadata, name);

    private static JsonElement Part(JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var part) ? part : default;

    private static string? Text(JsonElement from, string name) =>
        Part(from, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
