using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application.Contacts;

/// <summary>What a list says of one purpose. Everything in it is a claim of the file.</summary>
/// <param name="Purpose">Null: a withdrawal from everything.</param>
/// <param name="Basis">One of <see cref="LegalBases.All"/>; null where there never was a consent.</param>
/// <param name="Method">How the consent was given at its origin: one of <see cref="ConsentMethods.All"/>.</param>
/// <param name="Wording">SHA-256 of what the person was shown.</param>
/// <param name="Language">BCP 47 tag of the wording.</param>
/// <param name="Text">The wording itself.</param>
/// <param name="Evidence">When, from where and through what the consent came; null where there never was one.</param>
/// <param name="Claims">What else the origin knows of it.</param>
public sealed record FilePurpose(
    string? Purpose,
    FileStanding Standing,
    string? Basis = null,
    string? Method = null,
    string? Wording = null,
    string? Language = null,
    string? Text = null,
    FileConsent? Evidence = null,
    IReadOnlyDictionary<string, string>? Claims = null,
    FileWithdrawal? Withdrawal = null
);

/// <summary>Where a purpose stands at the origin of a list.</summary>
public enum FileStanding
{
    /// <summary>A consent is in force.</summary>
    InForce,

    /// <summary>The person said no.</summary>
    Withdrawn,

    /// <summary>A consent stood until the address was barred.</summary>
    Suppressed,

    /// <summary>A consent stands, and the person's data must not be used (GDPR Art. 18).</summary>
    Restricted,
}
