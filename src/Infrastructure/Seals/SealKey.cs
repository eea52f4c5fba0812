using System.Security.Cryptography;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Seals;

/// <summary>The key that signs checkpoints.</summary>
public interface ISealKey
{
    /// <summary>The fingerprint of the public key: see <see cref="PemSealKey.Fingerprint"/>.</summary>
    string KeyId { get; }

    /// <summary>Signs with ECDSA over P-256 and SHA-256; 64 bytes, r before s.</summary>
    byte[] Sign(ReadOnlySpan<byte> note);
}

/// <summary>
/// The signing key of a keys directory: <c>seal.pem</c>, and beside it <c>seal.pub.pem</c> to be given away.
/// </summary>
public sealed class PemSealKey : ISealKey, IDisposable
{
    private const string PrivateFile = "seal.pem";
    private const string PublicFile = "seal.pub.pem";

    private readonly ECDsa _key;
    private readonly Lock _signing = new();

    private PemSealKey(ECDsa key)
    {
        _key = key;
        KeyId = Fingerprint(key);
        PublicKeyPem = key.ExportSubjectPublicKeyInfoPem() + "\n";
    }

    public string KeyId { get; }

    /// <summary>What a reader needs to check a signature.</summary>
    public string PublicKeyPem { get; }

    /// <summary>Reads the key of a keys directory.</summary>
    /// <exception cref="KeysException">There is none, or it is no P-256 key.</exception>
    public static PemSealKey Open(string directory)
    {
        var path = Path.Combine(directory, PrivateFile);
        if (!File.Exists(path))
            throw new KeysException($"The keys directory has no signing key: {path} is missing.");

        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            // A public key can be read too, and would fail only at the first checkpoint.
            key.SignHash(new byte[SHA256.HashSizeInBytes]);
            return IsP256(key)
                ? new PemSealKey(key)
                : throw new KeysException($"{path} is not a key on the curve P-256.");
        }
        catch (Exception unreadable) when (unreadable is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new KeysException($"{path} is not a private key in PEM.", unreadable);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>Makes the key of a new installation, readable by its owner only.</summary>
    /// <exception cref="IOException">The directory holds a key already; it is never overwritten.</exception>
    public static PemSealKey Create(string directory)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var made = new PemSealKey(key);
        try
        {
            Write(Path.Combine(directory, PrivateFile), key.ExportPkcs8PrivateKeyPem() + "\n");
            Write(Path.Combine(directory, PublicFile), made.PublicKeyPem);
            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
    }

    /// <summary>SHA-256 of the public key's SubjectPublicKeyInfo, in hex.</summary>
    public static string Fingerprint(ECDsa key) =>
        Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()));

    public byte[] Sign(ReadOnlySpan<byte> note)
    {
        lock (_signing)
            return _key.SignData(note, HashAlgorithmName.SHA256);
    }

    public void Dispose() => _key.Dispose();

    internal static bool IsP256(ECDsa key) =>
        string.Equals(
            key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value,
            ECCurve.NamedCurves.nistP256.Oid.Value,
            StringComparison.Ordinal
        );

    private static void Write(string path, string text)
    {
        using var file = Files.PrivateFile.Open(path, FileMode.CreateNew);
        file.Write(System.Text.Encoding.ASCII.GetBytes(text));
        file.Flush(flushToDisk: true);
    }
}
