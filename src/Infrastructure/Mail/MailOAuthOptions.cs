using System.Net;

namespace SchemaHub.Infrastructure.Mail;

/// <summary>
/// Settings of OAuth 2.0 with the mail server (<c>AUTH XOAUTH2</c>), <c>SchemaHub:Mail:OAuth</c>: client credentials
/// (RFC 6749 section 4.4), or a refresh token (section 6) where one is set.
/// </summary>
public sealed record MailOAuthOptions
{
    private const string Section = "SchemaHub:Mail:OAuth";

    /// <summary>The token endpoint: https, or http on this machine.</summary>
    public Uri? TokenUrl { get; init; }

    /// <summary>The client's id, as the provider's console gives it.</summary>
    public string? ClientId { get; init; }

    /// <summary>The client's secret. Public clients with a refresh token have none.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>What the token is for; several scopes are separated by spaces.</summary>
    public string? Scope { get; init; }

    /// <summary>What a person's consent gave. Tokens are then fetched with it, not with client credentials.</summary>
    public string? RefreshToken { get; init; }

    /// <summary>Whether any part of it is set.</summary>
    internal bool IsOn =>
        TokenUrl is not null || new[] { ClientId, ClientSecret, Scope, RefreshToken }.Any(part => IsSet(part));

    internal bool HasRefreshToken => IsSet(RefreshToken);

    /// <exception cref="InvalidOperationException">A part is missing, or contradicts another setting.</exception>
    internal void RequireUsable(MailOptions mail)
    {
        if (!IsOn)
            return;

        Require(IsSet(mail.Host), $"{Section} is for a mail server: set SchemaHub:Mail:Host too.");
        Require(!IsSet(mail.Password), $"Set SchemaHub:Mail:Password or {Section}, not both.");
        Require(
            IsSet(mail.User) && !mail.User!.Any(char.IsControl),
            $"{Section} needs the mailbox that sends: set SchemaHub:Mail:User to it, without control characters."
        );
        Require(TokenUrl is not null, $"{Section}:TokenUrl is missing: set the address of the token endpoint.");
        Require(
            TokenUrl!.IsAbsoluteUri && TokenUrl.Fragment.Length == 0 && TokenUrl.UserInfo.Length == 0,
            $"{Section}:TokenUrl is an absolute address without a user and without a fragment."
        );
        Require(
            TokenUrl.Scheme == Uri.UriSchemeHttps || (TokenUrl.Scheme == Uri.UriSchemeHttp && IsLoopback(TokenUrl)),
            $"{Section}:TokenUrl begins with https: the client's secret is not sent without encryption. "
                + "http is taken for a loopback address only."
        );
        Require(IsSet(ClientId), $"{Section}:ClientId is missing.");
        Require(
            IsSet(ClientSecret) || HasRefreshToken,
            $"{Section}:ClientSecret is missing. Only with {Section}:RefreshToken is it not required."
        );
        Require(
            IsSet(Scope) || HasRefreshToken,
            $"{Section}:Scope is missing. Only with {Section}:RefreshToken is it not required."
        );
    }

    // A name other than localhost may be any machine's tomorrow.
    private static bool IsLoopback(Uri address) =>
        address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.DnsSafeHost, out var ip) && IPAddress.IsLoopback(ip));

    private static bool IsSet(string? value) => !string.IsNullOrEmpty(value);

    private static void Require(bool isMet, string rule)
    {
        if (!isMet)
            throw new InvalidOperationException(rule);
    }
}
