using System.Security.Cryptography;
using System.Text;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// Private keys of senders' domains, encrypted with the master key (AES-256-GCM, NIST SP 800-38D), each bound to its
/// organization, domain and public key: moved elsewhere in the log or its tables it does not open.
/// </summary>
internal sealed class SenderKeys(KeyRing keys) : ISenderKeys
{
    // RFC 8301 section 3.2 asks for 2048 bits; longer ones do not fit into every DNS.
    private const int Bits = 2048;
    private const int SelectorCharacters = 8;
    private const int NonceBytes = 12;

    public SenderKey Create(Guid organization, string domain)
    {
        using var rsa = RSA.Create(Bits);
        var publicKey = rsa.ExportSubjectPublicKeyInfo();
        var privateKey = rsa.ExportPkcs8PrivateKey();
        var key = Convert.ToBase64String(publicKey);
        var sealedKey = Seal(privateKey, Binding(organization, domain, key));
        CryptographicOperations.ZeroMemory(privateKey);
        var selector = "sh-" + Convert.ToHexStringLower(SHA256.HashData(publicKey))[..SelectorCharacters];
        return new SenderKey(selector, key, Convert.ToBase64String(sealedKey));
    }

    /// <summary>The private key, PKCS#8.</summary>
    /// <exception cref="CryptographicException">Another master key, another place, or altered.</exception>
    public byte[] Open(Guid organization, string domain, string publicKey, string sealedKey)
    {
        var bytes = Convert.FromBase64String(sealedKey);
        SubjectKey.RequireLength(bytes, NonceBytes + SubjectKey.TagBytes);
        var plain = new byte[bytes.Length - NonceBytes - SubjectKey.TagBytes];
        var aes = keys.BorrowMaster();
        SubjectKey.Decrypt(aes, bytes, plain, Binding(organization, domain, publicKey));
        keys.GiveBack(aes);
        return plain;
    }

    private byte[] Seal(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> binding)
    {
        var result = new byte[NonceBytes + plain.Length + SubjectKey.TagBytes];
        RandomNumberGenerator.Fill(result.AsSpan(0, NonceBytes));
        var aes = keys.BorrowMaster();
        aes.Encrypt(
            result.AsSpan(0, NonceBytes),
            plain,
            result.AsSpan(NonceBytes, plain.Length),
            result.AsSpan(result.Length - SubjectKey.TagBytes),
            binding
        );
        keys.GiveBack(aes);
        return result;
    }

    private static byte[] Binding(Guid organization, string domain, string publicKey) =>
        Encoding.UTF8.GetBytes($"sender\n{organization}\n{domain}\n{publicKey}");
}
