namespace SchemaHub.Application.Contacts;

/// <summary>The names under which an import keeps what a file says of a consent, for an export to find.</summary>
internal static class FileClaims
{
    public const string OptedInAt = "opted_in_at";
    public const string OptedInIp = "opted_in_ip";
    public const string ConfirmedAt = "confirmed_at";
    public const string ConfirmedIp = "confirmed_ip";
    public const string SignedUpThrough = "signed_up_through";
    public const string WithdrawnAt = "withdrawn_at";
    public const string Reason = "reason";

    /// <summary>The reason of a withdrawal that a file states: it was said elsewhere.</summary>
    public const string LeftElsewhere = "unsubscribed_elsewhere";

    /// <summary>How the consent was given at its origin; here its method is <c>imported</c>.</summary>
    public const string Method = "method";

    /// <summary>The SHA-256 of a wording whose text did not come along.</summary>
    public const string Wording = "wording";

    /// <summary>As the browser named itself at the origin.</summary>
    public const string UserAgent = "user_agent";

    /// <summary>Claims that have a field of their own in a list.</summary>
    public static IReadOnlyList<string> All { get; } =
    [OptedInAt, OptedInIp, ConfirmedAt, ConfirmedIp, SignedUpThrough, WithdrawnAt, Reason, Method, Wording];
}
