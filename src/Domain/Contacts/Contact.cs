using System.Collections.Immutable;
using System.Text.Json;

namespace SchemaHub.Domain.Contacts;

/// <summary>
/// An address we may write to, and what its owner agreed to. The address is the identity: its keyed hash is the
/// stream's id, so that an address has one history in an organization, also after erasure.
/// </summary>
/// <param name="IsListed">Added and not erased.</param>
/// <param name="SuppressedFor">Why the address must not be written to, or null.</param>
/// <param name="AddedByImport">The import that brought the contact, while nothing else touched it.</param>
public sealed partial record Contact(
    bool IsListed,
    string? SuppressedFor,
    ImmutableDictionary<string, ConsentState> Consents,
    Guid? AddedByImport
) : IAggregate<Contact, ContactEvent>
{
    /// <summary>How many confirmation mails one address gets within a day.</summary>
    public const int MostRequestsPerDay = 3;

    /// <summary>How many links of one address work at once: all that it can get while they live.</summary>
    public const int MostOpenRequests = 7 * MostRequestsPerDay;

    /// <summary>How long evidence is kept after the last consent ended.</summary>
    public const int EvidenceYears = 7;

    /// <inheritdoc/>
    public static string StreamType => "contact";

    /// <inheritdoc/>
    public static Contact Initial { get; } =
        new(IsListed: false, SuppressedFor: null, ImmutableDictionary<string, ConsentState>.Empty, AddedByImport: null);

    /// <summary>
    /// The opt-ins that wait for their confirmation, and those that had it, oldest first: each link works for what its
    /// own form asked.
    /// </summary>
    public ImmutableList<OptInRequest> Requests { get; init; } = [];

    /// <summary>
    /// When the links of the latest confirmation mails expire, or would have: all links live equally long, so these
    /// are as far apart as the mails. Outlives erasure, which must not lift the bound.
    /// </summary>
    public ImmutableList<DateTimeOffset> RecentRequests { get; init; } = [];

    /// <summary>
    /// The person withdrew from all, or is barred: that holds for purposes which were never named before, too, until
    /// they confirm one themselves.
    /// </summary>
    public bool SaidNoToAll { get; init; }

    /// <summary>Name and attributes; none once the person was erased.</summary>
    public ContactDetails Details { get; init; } = ContactDetails.None;

    /// <summary>Whether we may write to the person for this purpose now.</summary>
    public bool MayBeWrittenToFor(string purpose) => SuppressedFor is null && !IsRestricted && StateOf(purpose).InForce;

    /// <summary>Puts an address on the list, with the consent it brought.</summary>
    /// <exception cref="RuleBrokenException">
    /// <c>contact.exists</c>, <c>contact.withdrawn</c>, <c>contact.suppressed</c>.
    /// </exception>
    public IReadOnlyList<ContactEvent> Add(ContactAdded added)
    {
        if (IsListed)
            throw new RuleBrokenException("contact.exists", "This address is on the list already.");

        if (added.Consent is not null)
            RequireMayBeRaised(added.Consent.Purpose);

        return [added];
    }

    /// <summary>Replaces name and metadata.</summary>
    public IReadOnlyList<ContactEvent> Change(string? name, JsonElement? metadata, string source)
    {
        RequireListed();
        return [new ContactChanged(source, name, metadata)];
    }

    /// <summary>
    /// Records a consent that somebody else states: a program, an administrator, a file. It never raises what the
    /// person withdrew.
    /// </summary>
    /// <exception cref="RuleBrokenException">
    /// <c>contact.withdrawn</c>, <c>contact.suppressed</c>, <c>contact.not_found</c>.
    /// </exception>
    public IReadOnlyList<ContactEvent> GiveConsent(
        Consent consent,
        string source,
        Evidence? evidence,
        Guid? importId = null
    )
    {
        RequireListed();
        RequireMayBeRaised(consent.Purpose);
        var current = StateOf(consent.Purpose);
        if (current.ProvesMoreThan(consent))
            return importId is null ? [] : [new ConsentClaimed(consent, source, importId, evidence)];

        // The same wording again adds nothing; a new wording is a new agreement and is kept.
        if (current.InForce && string.Equals(current.Wording, consent.Wording, StringComparison.Ordinal))
            return [];

        return [new ConsentGiven(consent, source, importId, Renewed: current.InForce, Raised: false, evidence, null)];
    }

    /// <summary>
    /// Starts a double opt-in; who confirms it proves that the mailbox is theirs. Nothing happens where the mailbox
    /// was asked often enough within a day: anybody can type anybody's address into a form.
    /// </summary>
    public IReadOnlyList<ContactEvent> RequestConsent(
        IReadOnlyList<Consent> consents,
        string source,
        string tokenHash,
        DateTimeOffset expiresAt,
        Evidence? evidence
    )
    {
        RequireListed();
        return RecentRequests.Count(expiry => expiry > expiresAt.AddDays(-1)) >= MostRequestsPerDay
            ? []
            : [new ConsentRequested(consents, source, tokenHash, expiresAt, evidence)];
    }

    /// <summary>Completes a double opt-in. The only way to raise a withdrawn or suppressed consent.</summary>
    /// <exception cref="RuleBrokenException"><c>opt_in.unknown</c>, <c>opt_in.expired</c>.</exception>
    public IReadOnlyList<ContactEvent> ConfirmConsent(string tokenHash, Evidence? evidence, DateTimeOffset now)
    {
        var request = IsListed ? Requests.Find(asked => asked.TokenHash == tokenHash) : null;
        if (request is null)
            throw new RuleBrokenException("opt_in.unknown", "This confirmation link is not known any more.");

        // Links are clicked twice; the second click finds what the first one did.
        if (request.IsConfirmed)
            return [];

        if (now >= request.ExpiresAt)
            throw new RuleBrokenException(
                "opt_in.expired",
                "This confirmation link has expired; please sign up again."
            );

        // Who confirms from their own mailbox agrees to being written to again (GDPR Art. 18(2)).
        return
        [
            .. Lifted(request.Source),
            .. request.Consents.Select(consent =>
            {
                var current = StateOf(consent.Purpose);
                return new ConsentGiven(
                    consent with
                    {
                        Method = ConsentMethods.DoubleOptIn,
                    },
                    request.Source,
                    ImportId: null,
                    Renewed: current.InForce && SuppressedFor is null,
                    Raised: current.Withdrawn || SuppressedFor is not null,
                    evidence,
                    request.Evidence,
                    tokenHash
                );
            }),
        ];
    }

    /// <summary>Withdraws one purpose, or all where none is named. Always possible, any number of times.</summary>
    public IReadOnlyList<ContactEvent> Withdraw(
        string? purpose,
        string source,
        string? reason,
        Evidence? evidence,
        Guid? importId = null
    )
    {
        // Links are clicked twice and forwarded; the second click is not an error and not a second fact.
        var said = purpose is null ? SaidNoToAll && Consents.Values.All(c => c.Withdrawn) : StateOf(purpose).Withdrawn;
        // Who was asked and says no has answered, also where they had said no before: the open request ends with it.
        return said && !IsAskedFor(purpose)
            ? []
            : [new ConsentWithdrawn(purpose, source, reason, importId, OfListed(evidence))];
    }

    /// <summary>Bars the address, whatever it agreed to.</summary>
    public IReadOnlyList<ContactEvent> Suppress(
        string reason,
        string source,
        Evidence? evidence,
        Guid? importId = null
    ) => SuppressedFor is null ? [new ContactSuppressed(reason, source, importId, OfListed(evidence))] : [];

    /// <summary>Whether a consent that somebody else states may be recorded for a purpose.</summary>
    public bool MayBeRaised(string purpose) => SuppressedFor is null && !IsRestricted && !StateOf(purpose).Withdrawn;

    /// <summary>Erases the person. What they withdrew and whether they are suppressed outlives it.</summary>
    public IReadOnlyList<ContactEvent> Erase(string source, string reason) =>
        IsListed ? [new ContactErased(source, reason)] : [];

    /// <summary>
    /// Ends the keeping of evidence, once no consent is in force and the last one ended long enough ago: the proof of a
    /// living consent does not expire, whatever its age.
    /// </summary>
    /// <param name="lastSaid">When the person's consents changed last, or one was asked for.</param>
    public IReadOnlyList<ContactEvent> PurgeEvidence(DateTimeOffset lastSaid, DateTimeOffset now) =>
        IsListed
        && !IsRestricted
        && !Consents.Values.Any(consent => consent.InForce)
        && lastSaid.AddYears(EvidenceYears) <= now
            ? [new EvidencePurged(lastSaid)]
            : [];

    /// <summary>A purge that happened already happens again, in a database that was restored from before it.</summary>
    public IReadOnlyList<ContactEvent> Purge(EvidencePurged purged) => IsListed ? [purged] : [];

    private ConsentState StateOf(string purpose) =>
        Consents.GetValueOrDefault(purpose, ConsentState.None with { Withdrawn = SaidNoToAll });

    // Who was erased leaves nothing of theirs again: there would be no erasure to clear it.
    private Evidence? OfListed(Evidence? evidence) => IsListed ? evidence : null;

    private bool IsAskedFor(string? purpose) =>
        Requests.Any(asked =>
            !asked.IsConfirmed && (purpose is null || asked.Consents.Any(consent => consent.Purpose == purpose))
        );

    private void RequireListed()
    {
        if (!IsListed)
            throw new RuleBrokenException("contact.not_found", "There is no such contact.");
    }

    private void RequireMayBeRaised(string purpose)
    {
        if (SuppressedFor is not null)
            throw new RuleBrokenException(
                "contact.suppressed",
                $"This address is suppressed ({SuppressedFor}); only the person's own confirmed opt-in lifts that."
            );

        if (IsRestricted)
            throw new RuleBrokenException(
                "contact.restricted",
                "The person's data is kept and not used; lift the restriction first, or let them confirm it themselves."
            );

        if (StateOf(purpose).Withdrawn)
            throw new RuleBrokenException(
                "contact.withdrawn",
                "Only the person's own confirmed opt-in can raise a withdrawn consent."
            );
    }
}
