namespace SchemaHub.Domain.Identity;

/// <summary>A fact about a person who works with SchemaHub.</summary>
public abstract record UserEvent;

/// <summary>A person got an account. Signing in comes with accounts; until then it has no password.</summary>
[StoredAs("user_registered")]
public sealed record UserRegistered([property: Personal] string? Email, [property: Personal] string? Name) : UserEvent;

/// <summary>A fact about an organization: the tenant.</summary>
public abstract record OrganizationEvent;

/// <summary>An organization was founded, with its one owner.</summary>
/// <param name="OwnerNumber">The owner's published integer id (backstage.users.id).</param>
[StoredAs("organization_created")]
public sealed record OrganizationCreated(string Name, string Slug, Guid OwnerId, long OwnerNumber) : OrganizationEvent;

/// <summary>A fact about an API key.</summary>
public abstract record ApiKeyEvent;

/// <summary>A key was made and shown once; only its hash is kept.</summary>
/// <param name="Prefix"><c>sk_live_</c> or <c>sk_test_</c> and the first characters, to recognize it by.</param>
/// <param name="KeyHash">SHA-256, lower-case hex.</param>
[StoredAs("api_key_created")]
public sealed record ApiKeyCreated(string Name, string Prefix, string KeyHash) : ApiKeyEvent;
