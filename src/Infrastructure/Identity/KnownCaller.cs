using System.Security.Claims;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>
/// Whom a credential stands for, and what it opens. Never changes: what is known anew is another one.
/// </summary>
/// <param name="User">The person; of a key, whose key it is.</param>
/// <param name="Session">Where the person is signed in; null for a key.</param>
/// <param name="Key">The API key; null for a person.</param>
/// <param name="Organization">
/// Where it works; null for a person who has chosen none, or does not belong to it now.
/// </param>
/// <param name="Plan">That organization's: free, pro or business.</param>
/// <param name="Access">What it may do there.</param>
/// <param name="Until">UTC; from then on it opens nothing. Null where nothing ends it by itself.</param>
public sealed record KnownCaller(
    Guid User,
    Guid? Session,
    Guid? Key,
    Guid? Organization,
    string? Plan,
    Application.Access.Access Access,
    DateTimeOffset? Until
)
{
    /// <summary>The claim with a key's id.</summary>
    public const string KeyClaim = "key";

    /// <summary>The claim with a session's id.</summary>
    public const string SessionClaim = "session";

    /// <summary>The claim with the organization's id.</summary>
    public const string TenantClaim = "tenant";

    private const string AuthenticationType = "SchemaHub";

    /// <summary>As the log names it: <c>key:…</c> or <c>user:…</c>.</summary>
    public string Actor { get; } = Key is { } key ? Actors.OfKey(key) : Actors.Of(User);

    /// <summary>The organization as text, or the tenant of what belongs to none.</summary>
    public string Tenant { get; } = Organization?.ToString() ?? Application.Tenant.System;

    /// <summary>Whose requests are counted together: one key's, or one session's.</summary>
    public string Limited { get; } = (Key ?? Session ?? User).ToString();

    /// <summary>The same as .NET names it: made once, and shared by all requests of the caller.</summary>
    public ClaimsPrincipal Principal { get; } =
        new(new ClaimsIdentity(Claims(Session, Key, Organization), AuthenticationType));

    /// <summary>What the person may do with the installation itself, beside any organization.</summary>
    public OperatorRights Operator { get; init; }

    /// <summary>The streams that this follows from: a change of any of them may make it untrue.</summary>
    internal IReadOnlyList<Guid> Sources { get; init; } = [];

    private static IEnumerable<Claim> Claims(Guid? session, Guid? key, Guid? organization)
    {
        if (session is { } signedIn)
            yield return new Claim(SessionClaim, signedIn.ToString());

        if (key is { } program)
            yield return new Claim(KeyClaim, program.ToString());

        if (organization is { } tenant)
            yield return new Claim(TenantClaim, tenant.ToString());
    }
}

/// <summary>What somebody may do with the installation, by a role of the system.</summary>
public enum OperatorRights
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>See how it runs: the role viewer.</summary>
    Look,

    /// <summary>See and change it: the role superadmin.</summary>
    Act,
}
