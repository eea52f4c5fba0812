using System.Security.Cryptography;
using System.Text;

namespace SchemaHub.Api.Security;

/// <summary>
/// The operator of the installation over HTTP, where a token was set: it opens the jobs of everybody, and nothing that
/// belongs to an organization. Only its hash is known here.
/// </summary>
internal sealed class OperatorToken
{
    /// <summary>The claim of a caller who showed it.</summary>
    public const string Claim = "operator";

    /// <summary>The policy of routes that are an organization's: its key opens them.</summary>
    public const string OrganizationsOnly = "organization";

    private const int HashBytes = 32;

    private readonly byte[]? _hash;

    /// <summary>The token of a hash.</summary>
    /// <param name="sha256">Lower- or upper-case hex; none where null or empty: then nobody is the operator.</param>
    /// <exception cref="InvalidOperationException">It is no SHA-256.</exception>
    public OperatorToken(string? sha256)
    {
        if (string.IsNullOrEmpty(sha256))
            return;

        if (sha256.Length != HashBytes * 2 || !sha256.All(char.IsAsciiHexDigit))
            throw new InvalidOperationException(
                "SchemaHub:OperatorTokenSha256 is the SHA-256 of the token, in 64 hex characters."
            );

        _hash = Convert.FromHexString(sha256);
    }

    /// <summary>Whether this is it; takes equally long for every other.</summary>
    public bool Is(string given) =>
        _hash is not null
        && CryptographicOperations.FixedTimeEquals(_hash, SHA256.HashData(Encoding.UTF8.GetBytes(given)));
}
