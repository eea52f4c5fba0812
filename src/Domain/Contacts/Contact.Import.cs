namespace SchemaHub.Domain.Contacts;

/// <content>What a file may do to a contact, and how that is taken back.</content>
public sealed partial record Contact
{
    /// <summary>
    /// Takes a row of a file: adds the address, or updates the details of a known one where that is wanted; records its
    /// consent unless the person withdrew or is suppressed, whatever the file says; then what the row says against
    /// writing to them.
    /// </summary>
    /// <param name="row">The contact as the file has it, with the consent that may be recorded.</param>
    /// <param name="against">A withdrawal or suppression that the row states, or null.</param>
    /// <param name="update">Whether name and attributes of a known contact become those of the row.</param>
    /// <param name="further">Consents and withdrawals of further purposes that the row states, in their order.</param>
    public IReadOnlyList<ContactEvent> TakeRow(
        ContactAdded row,
        ContactEvent? against,
        bool update = false,
        IReadOnlyList<ContactEvent>? further = null
    )
    {
        var events = new List<ContactEvent>();
        if (update && NewDetails(row) is { } details)
            events.Add(new ContactChanged(row.Source, details.Name, details.Metadata));

        var consent = row.Consent is { } brought && MayBeRaised(brought.Purpose) ? brought : null;
        if (!IsListed)
            events.Add(consent == row.Consent ? row : row with { Consent = null });
        else if (consent is not null)
            events.AddRange(GiveConsent(consent, row.Source, row.Evidence, row.ImportId));

        var after = events.Aggregate(this, (state, happened) => state.Apply(happened));
        foreach (var stated in (further ?? []).Append(against).OfType<ContactEvent>())
        {
            var decided = after.TakeStated(stated);
            events.AddRange(decided);
            after = decided.Aggregate(after, (state, happened) => state.Apply(happened));
        }

        return events;
    }

    private IReadOnlyList<ContactEvent> TakeStated(ContactEvent stated) =>
        stated switch
        {
            ConsentGiven said when MayBeRaised(said.Consent.Purpose) => GiveConsent(
                said.Consent,
                said.Source,
                said.Evidence,
                said.ImportId
            ),
            ConsentWithdrawn said => Withdraw(said.Purpose, said.Source, said.Reason, said.Evidence, said.ImportId),
            ContactSuppressed said => Suppress(said.Reason, said.Source, said.Evidence, said.ImportId),
            _ => [],
        };

    /// <summary>
    /// The details of a known contact with another name or other attributes that a row has; null where it has none.
    /// </summary>
    public ContactDetails? NewDetails(ContactAdded row)
    {
        if (!IsListed)
            return null;

        var updated = Details.UpdatedBy(row.Name, row.Metadata);
        return Details.IsSameAs(updated) ? null : updated;
    }

    /// <summary>
    /// Takes back what an import brought: its consents, and the contact where nothing else touched it.
    /// </summary>
    public IReadOnlyList<ContactEvent> UndoImport(Guid importId)
    {
        if (AddedByImport == importId)
            return Erase(Sources.Import, "import_undone");

        return
        [
            .. Consents
                .Where(consent => consent.Value.InForce && consent.Value.ImportId == importId)
                .OrderBy(consent => consent.Key, StringComparer.Ordinal)
                .Select(consent => new ConsentRetracted(consent.Key, importId)),
        ];
    }
}
