using Microsoft.OpenApi;

namespace SchemaHub.Api.OpenApi;

/// <summary>What each group of operations is for.</summary>
internal static class Tags
{
    private static readonly Dictionary<string, string> s_descriptions = new(StringComparer.Ordinal)
    {
        ["API keys"] = "Keys of programs: made, described, rotated, revoked.",
        ["Audit"] = "Who did what, and what touched access.",
        ["Campaigns"] = "One mail to everybody who agreed to it: drafted, scheduled, sent, counted.",
        ["Consent"] = "What people agreed to, now and at any instant before, with proof.",
        ["Contacts"] = "The list itself: who is on it.",
        ["Forms"] = "Sign-up forms, and asking a person to confirm.",
        ["Imports"] = "Contact lists of other tools.",
        ["Invitations"] = "Asking people to join the organization.",
        ["Jobs"] = "Background work: what waits, what ran, what recurs.",
        ["Members"] = "Who belongs to the organization, and in which role.",
        ["Organization"] = "The caller's organization.",
        ["Own account"] = "A signed-in person's own account, sessions and organizations.",
        ["Privacy"] = "What persons demand under the GDPR.",
        ["Problems"] = "What the codes of refusals mean.",
        ["Roles"] = "Roles and what they permit.",
        ["Schema"] = "The published schemas compared with their documents.",
        ["Sender"] = "In whose name mail goes out, and the domains it is written from.",
        ["Signing in"] = "Accounts, passwords and links: what a stranger may ask for.",
        ["Telemetry"] = "What listeners of podcasts do, in batches.",
        ["Wordings"] = "The texts that people agreed to.",
        ["backstage"] = "Back-office tables of the schema `backstage`, and email templates.",
        ["podcast"] = "Back-office tables of the schema `podcast`.",
        ["saas"] = "Back-office tables of the schema `saas`.",
        ["smarthub"] = "Back-office tables of the schema `smarthub`.",
        ["snorq"] = "Back-office tables of the schema `snorq`.",
    };

    /// <summary>Adds the descriptions to the document's tags.</summary>
    public static void Describe(OpenApiDocument document)
    {
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
            tag.Description = tag.Name is { } name ? s_descriptions.GetValueOrDefault(name) : null;
    }
}
