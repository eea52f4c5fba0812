namespace SchemaHub.Domain.Identity;

/// <summary>The permissions there are, and the roles that every installation has.</summary>
public static class SystemRoles
{
    /// <summary>Runs the installation.</summary>
    public const string Superadmin = "superadmin";

    /// <summary>The one owner of an organization.</summary>
    public const string Owner = "owner";

    /// <summary>Runs an organization.</summary>
    public const string Admin = "admin";

    /// <summary>Every permission, with what it permits.</summary>
    public static IReadOnlyList<(string Resource, string Action, string Description)> Permissions { get; } =
    [
        ("organization", "read", "See the organization and its members."),
        ("organization", "write", "Rename the organization."),
        ("organization", "transfer", "Make another member the owner, or close the organization."),
        ("members", "write", "Take members in, change their roles, let them go."),
        ("roles", "read", "See policies, and who owns what."),
        ("roles", "write", "Make and change roles and policies, and say who owns what."),
        ("keys", "write", "Make, rotate and revoke API keys."),
        ("billing", "write", "Change plan and payment."),
        ("audit", "read", "See who did what."),
        ("contacts", "read", "See contacts and their consents."),
        ("contacts", "write", "Add and change contacts, import lists, record consents."),
        ("contacts", "erase", "Erase persons."),
        ("campaigns", "read", "See templates, campaigns and their figures."),
        ("campaigns", "write", "Write templates and campaigns."),
        ("campaigns", "send", "Send campaigns."),
        ("inbox", "read", "Read conversations."),
        ("inbox", "write", "Answer conversations, label and note them."),
        ("podcasts", "read", "See podcasts, sponsors and figures."),
        ("podcasts", "write", "Change podcasts, episodes, sponsors and bookings."),
        ("records", "read", "See back-office records."),
        ("records", "write", "Change back-office records."),
        ("jobs", "read", "See background jobs and their runs."),
        ("jobs", "write", "Start, pause, retry and take back background jobs."),
        ("privacy", "read", "See what persons demanded, and what became of it."),
        ("privacy", "write", "Take and fulfil the demands of persons."),
    ];

    /// <summary>Every permission by name, as <c>resource:action</c>.</summary>
    public static IReadOnlyList<string> PermissionNames { get; } =
    [.. Permissions.Select(permission => $"{permission.Resource}:{permission.Action}")];

    /// <summary>Every role, with what it permits.</summary>
    public static IReadOnlyList<(string Slug, string Description, IReadOnlyList<string> Permissions)> All { get; } =
    [
        (Superadmin, "Runs the installation.", Named(_ => true)),
        (Owner, "Owns an organization.", Named(_ => true)),
        (Admin, "Runs an organization.", Named(name => name is not ("organization:transfer" or "billing:write"))),
        ("member", "Works in an organization.", Named(IsWork)),
        ("moderator", "Answers conversations.", ["organization:read", "inbox:read", "inbox:write", "contacts:read"]),
        ("user", "Has an account.", ["organization:read"]),
        ("viewer", "Looks on.", Named(name => name.EndsWith(":read", StringComparison.Ordinal) && !IsOfficers(name))),
    ];

    private static bool IsWork(string name) =>
        !IsOfficers(name)
        && (
            name.EndsWith(":read", StringComparison.Ordinal)
            || name is "contacts:write" or "campaigns:write" or "inbox:write" or "podcasts:write" or "records:write"
        );

    // What only those see who answer for the organization.
    private static bool IsOfficers(string name) => name is "audit:read" or "privacy:read";

    private static List<string> Named(Func<string, bool> among) => [.. PermissionNames.Where(among)];
}
