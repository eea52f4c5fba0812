namespace SchemaHub.Domain.Contacts;

/// <summary>What a person agreed to: one purpose, on one legal basis, and how it was asked.</summary>
/// <param name="Purpose">What we may do: <c>newsletter</c> unless named, <c>tracking</c> apart.</param>
/// <param name="Basis">The legal basis, GDPR Art. 6(1): see <see cref="LegalBases"/>.</param>
/// <param name="Method">How the person said yes: see <see cref="ConsentMethods"/>.</param>
/// <param name="Wording">SHA-256 (lower-case hex) of the text the person was shown, where there was one.</param>
/// <param name="Language">BCP 47 tag of the wording.</param>
public sealed record Consent(
    string Purpose,
    string Basis,
    string Method,
    string? Wording = null,
    string? Language = null
);

/// <summary>Where a person was when they acted, and what they or a file claim besides. Belongs to the person.</summary>
/// <param name="Ip">IPv4 or IPv6 text, normalized.</param>
/// <param name="UserAgent">As the browser named itself.</param>
/// <param name="Claims">
/// What came with it and was not seen by us: an earlier opt-in time, the IP another system recorded, a reason in the
/// person's words. Evidence, never an order of events.
/// </param>
public sealed record Evidence(
    string? Ip = null,
    string? UserAgent = null,
    IReadOnlyDictionary<string, string>? Claims = null
);

/// <summary>Purposes with a meaning of their own; an organization may use others.</summary>
public static class Purposes
{
    /// <summary>Mail of the list: what a consent is for unless it says otherwise.</summary>
    public const string Newsletter = "newsletter";

    /// <summary>Measuring opens and clicks of a person.</summary>
    public const string Tracking = "tracking";

    /// <summary>A lower-case letter and up to 49 letters, digits, hyphens or underscores.</summary>
    public const string Pattern = "^[a-z][a-z0-9_-]{0,49}\\z";
}

/// <summary>The legal bases of GDPR Art. 6(1) on which mail can be sent.</summary>
public static class LegalBases
{
    /// <summary>Art. 6(1)(a).</summary>
    public const string Consent = "consent";

    /// <summary>Art. 6(1)(b).</summary>
    public const string Contract = "contract";

    /// <summary>Art. 6(1)(f).</summary>
    public const string LegitimateInterest = "legitimate_interest";

    /// <summary>Every basis a consent may name.</summary>
    public static IReadOnlyList<string> All { get; } = [Consent, Contract, LegitimateInterest];
}

/// <summary>How a consent was given.</summary>
public static class ConsentMethods
{
    /// <summary>One step: a ticked box, a spoken yes.</summary>
    public const string SingleOptIn = "single_opt_in";

    /// <summary>Two steps: asked for, then confirmed by the person from their own mailbox.</summary>
    public const string DoubleOptIn = "double_opt_in";

    /// <summary>Given to another system earlier and brought in with its evidence.</summary>
    public const string Imported = "imported";

    /// <summary>Every method.</summary>
    public static IReadOnlyList<string> All { get; } = [SingleOptIn, DoubleOptIn, Imported];

    /// <summary>Methods that a caller may state; a double opt-in is never stated, it happens.</summary>
    public static IReadOnlyList<string> Stated { get; } = [SingleOptIn, Imported];
}

/// <summary>Where a change came from (backstage.md, consent_history.source).</summary>
public static class Sources
{
    /// <summary>A link in a mail, or its one-click header.</summary>
    public const string EmailLink = "email_link";

    /// <summary>A program with an API key.</summary>
    public const string Api = "api";

    /// <summary>A person with administrative rights, by hand.</summary>
    public const string Admin = "admin";

    /// <summary>A file.</summary>
    public const string Import = "import";

    /// <summary>A sign-up form or the preference page.</summary>
    public const string Form = "form";

    /// <summary>Every source.</summary>
    public static IReadOnlyList<string> All { get; } = [EmailLink, Api, Admin, Import, Form];
}

/// <summary>Why an address must not be written to, whatever it agreed to.</summary>
public static class SuppressionReasons
{
    /// <summary>The person called our mail spam.</summary>
    public const string Complaint = "complaint";

    /// <summary>The mailbox does not exist.</summary>
    public const string HardBounce = "hard_bounce";

    /// <summary>By hand.</summary>
    public const string Manual = "manual";

    /// <summary>Every reason.</summary>
    public static IReadOnlyList<string> All { get; } = [Complaint, HardBounce, Manual];
}
