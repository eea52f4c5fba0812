namespace SchemaHub.Domain.Contacts;

/// <summary>What stands for one purpose.</summary>
/// <param name="Withdrawn">The person said no, and has not confirmed a yes since.</param>
/// <param name="Wording">SHA-256 of the wording last agreed to.</param>
/// <param name="ImportId">The import that brought the consent in force, if one did.</param>
public sealed record ConsentState(bool InForce, bool Withdrawn, string? Wording, Guid? ImportId)
{
    /// <summary>Nothing was ever said.</summary>
    public static ConsentState None { get; } = new(InForce: false, Withdrawn: false, Wording: null, ImportId: null);

    /// <summary>How the consent in force was given, see <see cref="ConsentMethods"/>.</summary>
    public string? Method { get; init; }

    /// <summary>
    /// Whether the consent in force proves more than one that somebody else states: what a file claims never takes the
    /// place of what the person did here, and no claim without a wording takes the place of one with.
    /// </summary>
    public bool ProvesMoreThan(Consent stated) =>
        InForce
        && (
            (Wording is not null && stated.Wording is null)
            || (stated.Method == ConsentMethods.Imported && Method is not (null or ConsentMethods.Imported))
        );
}

/// <summary>A double opt-in of which the first step is done.</summary>
public sealed record OptInRequest(
    IReadOnlyList<Consent> Consents,
    string Source,
    string TokenHash,
    DateTimeOffset ExpiresAt,
    Evidence? Evidence,
    bool IsConfirmed
)
{
    /// <summary>Whether it asks for the same, in the same words: another mail of one form.</summary>
    internal bool AsksFor(IReadOnlyList<Consent> consents) =>
        consents.Count == Consents.Count
        && consents.All(consent =>
            Consents.Any(own => own.Purpose == consent.Purpose && own.Wording == consent.Wording)
        );

    /// <summary>
    /// What is left of it after a withdrawal from one purpose, or from all: an older link must not undo the no, nor
    /// claim afterwards that the yes still stands.
    /// </summary>
    internal OptInRequest? Without(string? purpose)
    {
        var left = purpose is null ? [] : Consents.Where(consent => consent.Purpose != purpose).ToList();
        return left.Count == 0 ? null : this with { Consents = left };
    }
}
