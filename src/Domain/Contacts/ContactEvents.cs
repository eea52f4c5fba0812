using System.Text.Json;

namespace SchemaHub.Domain.Contacts;

/// <summary>
/// A fact about a contact. Stored for ever: add optional fields, never rename or remove. When it happened is the
/// instant at which the log recorded it, so that order and time always agree.
/// </summary>
public abstract record ContactEvent;

/// <summary>A person came onto the list, with the consent they brought, if any.</summary>
/// <param name="UnsubscribeToken">64 hex characters of the link under every mail; opens nothing else.</param>
[StoredAs("contact_added")]
public sealed record ContactAdded(
    string Source,
    Guid? ImportId,
    Consent? Consent,
    [property: Personal] string? Email,
    [property: Personal] string? Name,
    [property: Personal] JsonElement? Metadata,
    [property: Personal] string? UnsubscribeToken,
    [property: Personal] Evidence? Evidence
) : ContactEvent;

/// <summary>A contact's name or metadata were replaced. Both are the new values, null where there is none.</summary>
[StoredAs("contact_changed")]
public sealed record ContactChanged(
    string Source,
    [property: Personal] string? Name,
    [property: Personal] JsonElement? Metadata
) : ContactEvent;

/// <summary>The first step of a double opt-in: somebody asked, and a confirmation mail is to go out.</summary>
/// <param name="TokenHash">SHA-256 (lower-case hex) of the secret in the mail's link.</param>
[StoredAs("consent_requested")]
public sealed record ConsentRequested(
    IReadOnlyList<Consent> Consents,
    string Source,
    string TokenHash,
    DateTimeOffset ExpiresAt,
    [property: Personal] Evidence? Evidence
) : ContactEvent;

/// <summary>A person agreed to a purpose.</summary>
/// <param name="Renewed">True where consent was in force already and is now given to another wording.</param>
/// <param name="Raised">True where it was withdrawn or suppressed before: the person's own confirmed opt-in.</param>
/// <param name="RequestEvidence">Of a double opt-in: where the person was at the first step.</param>
/// <param name="RequestTokenHash">Of a double opt-in: whose link was used, see <see cref="ConsentRequested"/>.</param>
[StoredAs("consent_given")]
public sealed record ConsentGiven(
    Consent Consent,
    string Source,
    Guid? ImportId,
    bool Renewed,
    bool Raised,
    [property: Personal] Evidence? Evidence,
    [property: Personal] Evidence? RequestEvidence,
    string? RequestTokenHash = null
) : ContactEvent;

/// <summary>
/// A file or a program stated a consent where one is in force that proves more. It is kept beside that one and changes
/// nothing.
/// </summary>
[StoredAs("consent_claimed")]
public sealed record ConsentClaimed(
    Consent Consent,
    string Source,
    Guid? ImportId,
    [property: Personal] Evidence? Evidence
) : ContactEvent;

/// <summary>A person withdrew: from one purpose, or from all where none is named.</summary>
/// <param name="Reason">A code, such as <c>unsubscribed_elsewhere</c>, where the source gave one.</param>
[StoredAs("consent_withdrawn")]
public sealed record ConsentWithdrawn(
    string? Purpose,
    string Source,
    string? Reason,
    Guid? ImportId,
    [property: Personal] Evidence? Evidence
) : ContactEvent, ISafeguard;

/// <summary>A consent that a file brought was taken back with the file. Not the person's withdrawal.</summary>
[StoredAs("consent_retracted")]
public sealed record ConsentRetracted(string Purpose, Guid ImportId) : ContactEvent;

/// <summary>The address must not be written to: a complaint, a hard bounce, or by hand.</summary>
[StoredAs("contact_suppressed")]
public sealed record ContactSuppressed(
    string Reason,
    string Source,
    Guid? ImportId,
    [property: Personal] Evidence? Evidence
) : ContactEvent, ISafeguard;

/// <summary>
/// The person's data was erased: the key to everything above is destroyed in the same commit. What was agreed and
/// withdrawn stays, without a name.
/// </summary>
[StoredAs("contact_erased")]
public sealed record ContactErased(string Source, string Reason) : ContactEvent, IErasure;

/// <summary>
/// The last consent of a person ended so long ago that its evidence need not be kept: the key to everything above is
/// destroyed in the same commit, as by an erasure. That there were consents, and that the person said no, stays.
/// </summary>
/// <param name="EndedAt">When the last of them ended, UTC.</param>
[StoredAs("evidence_purged")]
public sealed record EvidencePurged(DateTimeOffset EndedAt) : ContactEvent, IErasure;

/// <summary>
/// The person's data is kept and not used from now on: no mail, whatever was agreed to (GDPR Art. 18).
/// </summary>
/// <param name="Ground">One of <see cref="RestrictionGrounds.All"/>.</param>
[StoredAs("contact_restricted")]
public sealed record ContactRestricted(string Ground, string Source) : ContactEvent, ISafeguard;

/// <summary>It may be used again as was agreed.</summary>
/// <param name="Purposes">Those that may be written for again; none where the address is suppressed.</param>
[StoredAs("restriction_lifted")]
public sealed record RestrictionLifted(string Source, IReadOnlyList<string> Purposes) : ContactEvent, ISafeguard;
