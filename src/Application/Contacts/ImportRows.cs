using System.Text.Json;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Turns rows of a file into decisions on contacts.</summary>
internal sealed class ImportRows(
    ImportContacts command,
    Guid importId,
    IKeyedIds ids,
    string tenant,
    BroughtWordings wordings
)
{
    /// <param name="count">Told what the row came to, once or, after a conflict, again.</param>
    public (Guid Stream, Func<Contact, IReadOnlyList<ContactEvent>> Decide) Change(
        ContactFileRow row,
        Action<ImportCounts> count
    )
    {
        var (first, further) = ConsentsOf(row);
        var added = new ContactAdded(
            Sources.Import,
            importId,
            first?.Consent,
            row.Email.Value,
            row.Name,
            row.Metadata is null ? null : JsonSerializer.SerializeToElement(row.Metadata),
            UnsubscribeTokens.Create(),
            first?.Evidence ?? EvidenceOf(row.Purposes is null ? row.Consent : null, row.Claims)
        );
        var against = AgainstOf(row);
        return (
            ids.OfContact(tenant, row.Email),
            contact =>
            {
                var events = contact.TakeRow(added, against, command.Update, further);
                count(Count(contact, added, further, events));
                return events;
            }
        );
    }

    private ImportCounts Count(
        Contact contact,
        ContactAdded added,
        IReadOnlyList<ContactEvent> further,
        IReadOnlyList<ContactEvent> events
    ) =>
        new(
            Added: contact.IsListed ? 0 : 1,
            Existing: contact.IsListed ? 1 : 0,
            Consents: events.Count(e => e is ConsentGiven or ContactAdded { Consent: not null }),
            Withdrawals: events.Count(e => e is ConsentWithdrawn or ContactSuppressed),
            Refused: further
                .OfType<ConsentGiven>()
                .Select(given => given.Consent)
                .Prepend(added.Consent)
                .Count(consent => consent is not null && !contact.MayBeRaised(consent.Purpose)),
            Rejected: 0,
            Claimed: events.Count(e => e is ConsentClaimed),
            Updated: events.Count(e => e is ContactChanged),
            Differing: !command.Update && contact.NewDetails(added) is not null ? 1 : 0
        );

    /// <summary>The consent that the contact comes in with, and what the row says of further purposes.</summary>
    private (ConsentGiven? First, IReadOnlyList<ContactEvent> Further) ConsentsOf(ContactFileRow row)
    {
        if (row.Purposes is null)
            return (ConsentOf(row) is { } consent ? Given(consent, EvidenceOf(row.Consent, row.Claims)) : null, []);

        var brought = row.Purposes.Where(purpose => IsBrought(purpose, row)).Select(Given).ToList();
        if (row.Purposes.All(purpose => purpose.Purpose != command.Purpose) && StatedFor(row) is { } stated)
            brought.Add(Given(stated, EvidenceOf(consent: null, row.Claims)));

        var withdrawn = row
            .Purposes.Where(purpose => purpose.Standing == FileStanding.Withdrawn)
            .Select(purpose => Withdrawn(purpose.Purpose, purpose.Withdrawal));
        return (brought.FirstOrDefault(), [.. brought.Skip(1), .. withdrawn]);
    }

    /// <summary>
    /// Whether a consent at the origin becomes one here. What was withdrawn is brought, too, for its evidence, and ends
    /// with the withdrawal that follows.
    /// </summary>
    private static bool IsBrought(FilePurpose purpose, ContactFileRow row) =>
        purpose is { Purpose: not null, Evidence: not null }
        && purpose.Standing switch
        {
            // Another column says no by now: the strongest no decides.
            FileStanding.InForce => purpose.Purpose != Purposes.Newsletter || !row.IsDormant,
            FileStanding.Suppressed => row.Withdrawal is { Kind: not FileWithdrawalKind.Unsubscribed },
            FileStanding.Restricted => false,
            _ => true,
        };

    private ConsentGiven Given(FilePurpose purpose)
    {
        var isKnown = purpose.Wording is not null && wordings.Knows(purpose.Wording);
        var claims = new Dictionary<string, string>(purpose.Claims ?? new Dictionary<string, string>());
        Set(claims, FileClaims.Method, purpose.Method);
        Set(claims, FileClaims.Wording, isKnown ? null : purpose.Wording);
        return Given(
            new Consent(
                purpose.Purpose!,
                purpose.Basis ?? LegalBases.Consent,
                // Whatever it was at its origin: here a file says so.
                ConsentMethods.Imported,
                isKnown ? purpose.Wording : null,
                purpose.Language
            ),
            EvidenceOf(purpose.Evidence, claims)
        );
    }

    private ConsentGiven Given(Consent consent, Evidence? evidence) =>
        new(consent, Sources.Import, importId, Renewed: false, Raised: false, evidence, RequestEvidence: null);

    private Consent? ConsentOf(ContactFileRow row) =>
        row.Consent is null
            ? StatedFor(row)
            : new Consent(
                command.Purpose,
                LegalBases.Consent,
                ConsentMethods.Imported,
                command.Wording,
                command.Language
            );

    // Without an opt-in time nothing was proven; only who states a basis for the whole file vouches for it, and not for
    // those whom the file itself does not write to.
    private Consent? StatedFor(ContactFileRow row) =>
        command.Basis is null || row.Withdrawal is not null || row.IsDormant
            ? null
            : new Consent(command.Purpose, command.Basis, ConsentMethods.Imported, command.Wording, command.Language);

    private static Evidence? EvidenceOf(FileConsent? consent, IReadOnlyDictionary<string, string>? others)
    {
        var claims = new Dictionary<string, string>(others ?? new Dictionary<string, string>());
        if (consent is not null)
        {
            claims[FileClaims.OptedInAt] = consent.OptInAt.ToString("O");
            Set(claims, FileClaims.OptedInIp, consent.OptInIp);
            Set(claims, FileClaims.ConfirmedAt, consent.ConfirmedAt?.ToString("O"));
            Set(claims, FileClaims.ConfirmedIp, consent.ConfirmIp);
            Set(claims, FileClaims.SignedUpThrough, consent.Source);
        }

        return claims.Count == 0 ? null : new Evidence(Claims: claims);
    }

    private ContactEvent? AgainstOf(ContactFileRow row)
    {
        if (row.Withdrawal is not { } withdrawal)
            return null;

        return withdrawal.Kind switch
        {
            // Said of the newsletter alone, purpose by purpose.
            FileWithdrawalKind.Unsubscribed when SaysNoToNewsletter(row) => null,
            FileWithdrawalKind.Unsubscribed => Withdrawn(purpose: null, withdrawal),
            FileWithdrawalKind.Bounced => Suppressed(SuppressionReasons.HardBounce, withdrawal),
            FileWithdrawalKind.Complained => Suppressed(SuppressionReasons.Complaint, withdrawal),
            _ => Suppressed(SuppressionReasons.Manual, withdrawal),
        };
    }

    private static bool SaysNoToNewsletter(ContactFileRow row) =>
        row.Purposes?.Any(purpose =>
            purpose is { Standing: FileStanding.Withdrawn, Purpose: null or Purposes.Newsletter }
        ) == true;

    private ConsentWithdrawn Withdrawn(string? purpose, FileWithdrawal? withdrawal) =>
        new(purpose, Sources.Import, FileClaims.LeftElsewhere, importId, EvidenceOf(withdrawal));

    private ContactSuppressed Suppressed(string reason, FileWithdrawal withdrawal) =>
        new(reason, Sources.Import, importId, EvidenceOf(withdrawal));

    private static Evidence? EvidenceOf(FileWithdrawal? withdrawal)
    {
        var claims = new Dictionary<string, string>();
        Set(claims, FileClaims.WithdrawnAt, withdrawal?.At?.ToString("O"));
        Set(claims, FileClaims.Reason, withdrawal?.Reason);
        return claims.Count == 0 ? null : new Evidence(Claims: claims);
    }

    private static void Set(Dictionary<string, string> claims, string name, string? value)
    {
        if (value is not null)
            claims[name] = value;
    }
}
