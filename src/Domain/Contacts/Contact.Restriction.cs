namespace SchemaHub.Domain.Contacts;

/// <content>A person may ask that their data is kept and not used (GDPR Art. 18).</content>
public sealed partial record Contact
{
    /// <summary>
    /// The data is kept and not used: nothing is sent, whatever was agreed to. Consents stay as they are and count
    /// again once it is lifted.
    /// </summary>
    public bool IsRestricted { get; init; }

    /// <summary>Keeps the data and stops its use.</summary>
    /// <param name="ground">One of <see cref="RestrictionGrounds.All"/>.</param>
    public IReadOnlyList<ContactEvent> Restrict(string ground, string source)
    {
        RequireListed();
        return IsRestricted ? [] : [new ContactRestricted(ground, source)];
    }

    /// <summary>Ends a restriction; the person was told before (GDPR Art. 18(3)).</summary>
    public IReadOnlyList<ContactEvent> LiftRestriction(string source)
    {
        RequireListed();
        return Lifted(source);
    }

    /// <summary>A restriction, or its end, happens again in a database that was restored from before it.</summary>
    public IReadOnlyList<ContactEvent> RestrictAgain(ContactRestricted restricted) =>
        IsListed && !IsRestricted ? [restricted] : [];

    /// <inheritdoc cref="RestrictAgain"/>
    public IReadOnlyList<ContactEvent> LiftAgain(RestrictionLifted lifted) => Lifted(lifted.Source);

    // Which purposes count again is in the event, so that whoever reads it need not know what was before.
    private ContactEvent[] Lifted(string source) =>
        IsRestricted
            ?
            [
                new RestrictionLifted(
                    source,
                    SuppressedFor is null
                        ?
                        [
                            .. Consents
                                .Where(consent => consent.Value.InForce)
                                .Select(consent => consent.Key)
                                .Order(StringComparer.Ordinal),
                        ]
                        : []
                ),
            ]
            : [];
}

/// <summary>Why data may only be kept (GDPR Art. 18(1)).</summary>
public static class RestrictionGrounds
{
    /// <summary>The person says that it is not right, and that is being looked at (a).</summary>
    public const string AccuracyContested = "accuracy_contested";

    /// <summary>It may not be used, and the person would rather have it kept than erased (b).</summary>
    public const string Unlawful = "unlawful";

    /// <summary>The person needs it for a claim, and nobody else needs it (c).</summary>
    public const string LegalClaims = "legal_claims";

    /// <summary>The person objected, and that is being looked at (d).</summary>
    public const string ObjectionPending = "objection_pending";

    /// <summary>Every ground.</summary>
    public static IReadOnlyList<string> All { get; } = [AccuracyContested, Unlawful, LegalClaims, ObjectionPending];
}
