using System.Security.Cryptography;
using System.Text;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>
/// The public keys a reader trusts: one, or several after another if the installation changed its key.
/// </summary>
internal sealed class SealSignatures : IDisposable
{
    private readonly Dictionary<string, ECDsa> _keys = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">The text holds no P-256 public key in PEM.</exception>
    public SealSignatures(string publicKeyPem)
    {
        for (
            var rest = publicKeyPem.AsSpan();
            PemEncoding.TryFind(rest, out var found);
            rest = rest[found.Location.End..]
        )
        {
            var key = ECDsa.Create();
            try
            {
                key.ImportFromPem(rest[found.Location]);
            }
            catch (Exception unreadable) when (unreadable is ArgumentException or CryptographicException)
            {
                key.Dispose();
                throw new ArgumentException(
                    "The public key is not one of ECDSA on P-256.",
                    nameof(publicKeyPem),
                    unreadable
                );
            }

            _keys[PemSealKey.Fingerprint(key)] = key;
        }

        if (_keys.Count == 0 || !_keys.Values.All(PemSealKey.IsP256))
            throw new ArgumentException("There is no public key of ECDSA on P-256 in PEM.", nameof(publicKeyPem));
    }

    /// <summary>What is wrong with a signature; null if nothing is.</summary>
    public Finding? Check(Checkpoint checkpoint, string note, byte[] signature)
    {
        if (!_keys.TryGetValue(checkpoint.KeyId, out var key))
        {
            return new Finding(
                Finding.UnknownKey,
                $"The checkpoint is signed with the key {checkpoint.KeyId}, which is not the public key given."
            );
        }

        return key.VerifyData(Encoding.UTF8.GetBytes(note), signature, HashAlgorithmName.SHA256)
            ? null
            : new Finding(
                Finding.BadSignature,
                $"The signature is not the key's signature of the checkpoint over {checkpoint.Size} events."
            );
    }

    public void Dispose()
    {
        foreach (var key in _keys.Values)
            key.Dispose();
    }
}
