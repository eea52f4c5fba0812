using System.Text.Json;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>Turns rows of a file into decisions on contacts.</summary>
internal sealed class ImportRows(ImportContacts command, Guid importId, IKeyedIds ids, string tenant)
{
    /// <param name="count">Told what the row came to, once or, after a conflict, again.</param>
    public (Guid Stream, Func<Contact, IReadOnlyList<ContactEvent>> Decide) Change(
        ContactFileRow row,
        Action<ImportCounts> count
    )
    {
        var added = new ContactAdded(
            Sources.Import,
            importId,
            ConsentOf(row),
            row.Email.Value,
            row.Name,
            row.Metadata is null ? null : JsonSerializer.SerializeToElement(row.Metadata),
            UnsubscribeTokens.Create(),
            EvidenceOf(row)
        );
        var against = AgainstOf(row);
        return (
            ids.OfContact(tenant, row.Email),
            contact =>
            {
                var events = contact.TakeRow(added, against, command.Update);
                count(Count(contact, added, events));
                return events;
            }
        );
    }

    private ImportCounts Count(Contact contact, ContactAdded added, IReadOnlyList<ContactEvent> events) =>
        new(
            Added: contact.IsListed ? 0 : 1,
            Existing: contact.IsListed ? 1 : 0,
            Consents: events.Count(e => e is ConsentGiven or ContactAdded { Consent: not null }),
            Withdrawals: events.Count(e => e is ConsentWithdrawn or ContactSuppressed),
            Refused: added.Consent is not null && !contact.MayBeRaised(added.Consent.Purpose) ? 1 : 0,
            Rejected: 0,
            Claimed: events.Count(e => e is ConsentClaimed),
            Updated: events.Count(e => e is ContactChanged),
            Differing: !command.Update && contact.NewDetails(added) is not null ? 1 : 0
        );

    private Consent? ConsentOf(ContactFileRow row)
    {
        if (row.Consent is not null)
            return new Consent(
                command.Purpose,
                LegalBases.Consent,
                ConsentMethods.Imported,
                command.Wording,
                command.Language
            );

        // Without an opt-in time nothing was proven; only who states a basis for the whole file vouches for it, and not
        // for those whom the file itself does not write to.
        return command.Basis is null || row.Withdrawal is not null || row.IsDormant
            ? null
            : new Consent(command.Purpose, command.Basis, ConsentMethods.Imported, command.Wording, command.Language);
    }

    private static Evidence? EvidenceOf(ContactFileRow row)
    {
        var claims = new Dictionary<string, string>(row.Claims ?? new Dictionary<string, string>());
        if (row.Consent is { } consent)
        {
            claims["opted_in_at"] = consent.OptInAt.ToString("O");
            Set(claims, "opted_in_ip", consent.OptInIp);
            Set(claims, "confirmed_at", consent.ConfirmedAt?.ToString("O"));
            Set(claims, "confirmed_ip", consent.ConfirmIp);
            Set(claims, "signed_up_through", consent.Source);
        }

        return claims.Count == 0 ? null : new Evidence(Claims: claims);
    }

    private ContactEvent? AgainstOf(ContactFileRow row)
    {
        if (row.Withdrawal is not { } withdrawal)
            return null;

        var claims = new Dictionary<string, string>();
        Set(claims, "withdrawn_at", withdrawal.At?.ToString("O"));
        Set(claims, "reason", withdrawal.Reason);
        var evidence = claims.Count == 0 ? null : new Evidence(Claims: claims);
        return withdrawal.Kind switch
        {
            FileWithdrawalKind.Unsubscribed => new ConsentWithdrawn(
                Purpose: null,
                Sources.Import,
                "unsubscribed_elsewhere",
                importId,
                evidence
            ),
            FileWithdrawalKind.Bounced => Suppressed(SuppressionReasons.HardBounce, evidence),
            FileWithdrawalKind.Complained => Suppressed(SuppressionReasons.Complaint, evidence),
            _ => Suppressed(SuppressionReasons.Manual, evidence),
        };
    }

    private ContactSuppressed Suppressed(string reason, Evidence? evidence) =>
        new(reason, Sources.Import, importId, evidence);

    private static void Set(Dictionary<string, string> claims, string name, string? value)
    {
        if (value is not null)
            claims[name] = value;
    }
}
