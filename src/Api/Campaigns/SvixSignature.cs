using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SchemaHub.Domain;

namespace SchemaHub.Api.Campaigns;

/// <summary>
/// Signatures as Svix makes them, whose customers many providers are: HMAC-SHA-256 over id, time and body, with dots
/// in between. The time is signed, so that what was recorded on its way is of no use later.
/// </summary>
internal sealed class SvixSignature
{
    private const string SecretPrefix = "whsec_";
    private const string Version = "v1,";
    private const int MostSignatures = 10;
    private const int MostIdCharacters = 200;

    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    private readonly IReadOnlyList<byte[]> _secrets;

    /// <summary>Knows one secret, or several separated by spaces.</summary>
    /// <exception cref="InvalidOperationException">One is not a secret of Svix.</exception>
    public SvixSignature(string secrets)
    {
        _secrets = [.. secrets.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(SecretOf)];
        if (_secrets.Count == 0)
            throw new InvalidOperationException("The webhook's secret is empty.");
    }

    /// <summary>The id of the message, once it is known to be signed; the same however often it is delivered.</summary>
    /// <exception cref="RuleBrokenException"><c>webhook.signature_wrong</c>, <c>webhook.too_old</c>.</exception>
    public string Verify(IHeaderDictionary headers, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var (id, timestamp) = (headers["svix-id"].ToString(), headers["svix-timestamp"].ToString());
        if (id.Length is 0 or > MostIdCharacters || !id.All(character => character is > ' ' and <= '~'))
            throw Wrong();

        if (!long.TryParse(timestamp, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            throw Wrong();

        if (!IsSigned(headers["svix-signature"].ToString(), id, timestamp, body))
            throw Wrong();

        // Looked at last: only who signed may learn what is wrong with the time.
        return Math.Abs(now.ToUnixTimeSeconds() - seconds) <= Tolerance.TotalSeconds
            ? id
            : throw new RuleBrokenException("webhook.too_old", "It was signed too long ago, or a clock is wrong.");
    }

    private bool IsSigned(string signatures, string id, string timestamp, ReadOnlySpan<byte> body)
    {
        var prefix = Encoding.ASCII.GetBytes($"{id}.{timestamp}.");
        byte[] signed = [.. prefix, .. body];
        var isSigned = false;
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var signature in signatures.Split(' ', MostSignatures + 1).Take(MostSignatures))
        {
            if (!signature.StartsWith(Version, StringComparison.Ordinal))
                continue;

            if (!Convert.TryFromBase64String(signature[Version.Length..], given, out var length))
                continue;

            foreach (var secret in _secrets)
                isSigned |= CryptographicOperations.FixedTimeEquals(
                    HMACSHA256.HashData(secret, signed),
                    given[..length]
                );
        }

        return isSigned;
    }

    private static byte[] SecretOf(string secret)
    {
        var bytes = new byte[secret.Length];
        return
            secret.StartsWith(SecretPrefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(secret[SecretPrefix.Length..], bytes, out var length)
            && length > 0
            ? bytes[..length]
            : throw new InvalidOperationException(
                $"A webhook's secret begins with {SecretPrefix} and goes on in base64."
            );
    }

    private static RuleBrokenException Wrong() =>
        new("webhook.signature_wrong", "It is not signed by who should have sent it.");
}
