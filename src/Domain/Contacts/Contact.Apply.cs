using System.Collections.Immutable;
using System.Diagnostics;

namespace SchemaHub.Domain.Contacts;

/// <content>What each event makes of the state.</content>
public sealed partial record Contact
{
    /// <inheritdoc/>
    public Contact Apply(ContactEvent happened) =>
        happened switch
        {
            ContactAdded added => (added.Consent is null ? this : WithConsent(added.Consent, added.ImportId)) with
            {
                IsListed = true,
                AddedByImport = added.ImportId,
                Details = new ContactDetails(added.Name, added.Metadata),
            },
            ContactChanged changed => this with
            {
                AddedByImport = null,
                Details = new ContactDetails(changed.Name, changed.Metadata),
            },
            ConsentClaimed => this,
            ConsentRequested requested => WithRequest(requested),
            ConsentGiven given => WithConsent(given.Consent, given.ImportId) with
            {
                AddedByImport = given.ImportId == AddedByImport ? AddedByImport : null,
                SuppressedFor = given.Raised ? null : SuppressedFor,
                Requests = given.Consent.Method == ConsentMethods.DoubleOptIn ? Confirmed(given) : Requests,
            },
            ConsentWithdrawn withdrawn => WithWithdrawal(withdrawn) with
            {
                SaidNoToAll = SaidNoToAll || withdrawn.Purpose is null,
                AddedByImport = withdrawn.ImportId == AddedByImport ? AddedByImport : null,
            },
            ConsentRetracted retracted => this with
            {
                Consents = Consents.SetItem(retracted.Purpose, StateOf(retracted.Purpose) with { InForce = false }),
            },
            ContactSuppressed suppressed => this with
            {
                SuppressedFor = suppressed.Reason,
                SaidNoToAll = true,
                Requests = [],
                // Once the bar is lifted, too, only the person raises again what it ended.
                Consents = NoneInForce(withdrawn: true),
                AddedByImport = suppressed.ImportId == AddedByImport ? AddedByImport : null,
            },
            ContactRestricted => this with { IsRestricted = true, AddedByImport = null },
            RestrictionLifted => this with { IsRestricted = false },
            ContactErased or EvidencePurged => this with
            {
                IsListed = false,
                IsRestricted = false,
                Requests = [],
                AddedByImport = null,
                Details = ContactDetails.None,
                Consents = NoneInForce(withdrawn: false),
            },
            _ => throw new UnreachableException($"Contact cannot apply {happened.GetType().Name}."),
        };

    private ImmutableDictionary<string, ConsentState> NoneInForce(bool withdrawn) =>
        Consents.ToImmutableDictionary(
            consent => consent.Key,
            consent => consent.Value with { InForce = false, Withdrawn = withdrawn || consent.Value.Withdrawn }
        );

    private Contact WithRequest(ConsentRequested requested) =>
        this with
        {
            AddedByImport = null,
            RecentRequests = RecentRequests.Add(requested.ExpiresAt).TakeLast(MostRequestsPerDay).ToImmutableList(),
            // A newer mail for the same takes the place of the older one.
            Requests =
            [
                .. Requests.Where(asked => !asked.AsksFor(requested.Consents)).TakeLast(MostOpenRequests - 1),
                new(
                    requested.Consents,
                    requested.Source,
                    requested.TokenHash,
                    requested.ExpiresAt,
                    requested.Evidence,
                    IsConfirmed: false
                ),
            ],
        };

    // Before the link was named there was one request at a time.
    private ImmutableList<OptInRequest> Confirmed(ConsentGiven given) =>
        Requests.FindLast(asked => given.RequestTokenHash is null || asked.TokenHash == given.RequestTokenHash)
            is { } confirmed
            ? Requests.Replace(confirmed, confirmed with { IsConfirmed = true })
            : Requests;

    private Contact WithConsent(Consent consent, Guid? importId) =>
        this with
        {
            Consents = Consents.SetItem(
                consent.Purpose,
                new ConsentState(InForce: true, Withdrawn: false, consent.Wording, importId) { Method = consent.Method }
            ),
        };

    private Contact WithWithdrawal(ConsentWithdrawn withdrawn)
    {
        // A withdrawal from all covers the newsletter even where the person never agreed to it: they said no.
        IEnumerable<string> purposes = withdrawn.Purpose is null
            ? Consents.Keys.Append(Purposes.Newsletter).Distinct(StringComparer.Ordinal)
            : [withdrawn.Purpose];
        return this with
        {
            Requests = [.. Requests.Select(asked => asked.Without(withdrawn.Purpose)).OfType<OptInRequest>()],
            Consents = Consents.SetItems(
                purposes.Select(purpose =>
                    KeyValuePair.Create(purpose, StateOf(purpose) with { InForce = false, Withdrawn = true })
                )
            ),
        };
    }
}
