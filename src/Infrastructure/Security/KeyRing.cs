using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SchemaHub.Infrastructure.Files;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// The keys of an installation, in one directory (<c>SCHEMAHUB_KEYS</c>) outside the database: the master key that
/// wraps every subject's key, the key that addresses are hashed with, the key that checkpoints are signed with, and
/// the passwords of the service's own logins. Made once, with a fresh database, and never beside an existing one.
/// </summary>
public sealed class KeyRing
{
    private const string MasterFile = "master.key";
    private const string AddressFile = "address.key";
    private const string LoginsFile = "logins.json";

    private static readonly JsonSerializerOptions Complete = new()
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    // Making one ready costs more than a key takes to unwrap, and one serves one thread at a time.
    private readonly ConcurrentBag<AesGcm> _masterCiphers = [];

    private KeyRing(string directory, byte[] master, byte[] address, ServiceLogins logins)
    {
        Directory = directory;
        Master = master;
        Address = address;
        Logins = logins;
    }

    /// <summary>Where the keys lie; the journal lies beside them.</summary>
    public string Directory { get; }

    /// <summary>AES-256, wraps subjects' keys.</summary>
    internal byte[] Master { get; }

    /// <summary>HMAC-SHA-256, names streams by address and makes unsubscribe tokens.</summary>
    internal byte[] Address { get; }

    internal ServiceLogins Logins { get; }

    /// <summary>A key for one purpose, which says nothing of the others or of the key they come from.</summary>
    /// <param name="purpose">Never changes: what was made under it would not be known any more.</param>
    internal byte[] Derive(string purpose, int bytes = HMACSHA256.HashSizeInBytes) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Address, bytes, info: Encoding.UTF8.GetBytes(purpose));

    /// <summary>AES-GCM with the master key, nobody else's until it is given back.</summary>
    internal AesGcm BorrowMaster() =>
        _masterCiphers.TryTake(out var idle) ? idle : new AesGcm(Master, SubjectKey.TagBytes);

    /// <summary>Lends it to the next one. After an exception it need not come back.</summary>
    internal void GiveBack(AesGcm cipher) => _masterCiphers.Add(cipher);

    /// <summary>The private key of checkpoints, PEM; its public half lies beside it.</summary>
    public string SealKeyFile => Path.Combine(Directory, "seal.pem");

    /// <summary>What a proof is verified with.</summary>
    public string SealPublicKeyFile => Path.Combine(Directory, "seal.pub.pem");

    /// <summary>SHA-256 of each key, by name: what the database remembers of them.</summary>
    public IReadOnlyDictionary<string, byte[]> Fingerprints =>
        new Dictionary<string, byte[]>
        {
            ["master"] = SHA256.HashData(Master),
            ["address"] = SHA256.HashData(Address),
            ["seal"] = SHA256.HashData(File.ReadAllBytes(SealPublicKeyFile)),
        };

    /// <summary>Tells installations apart, and gives nothing away.</summary>
    internal string InstallationId => Convert.ToHexStringLower(SHA256.HashData(Master).AsSpan(0, 16));

    /// <summary>Whether a directory holds the keys of an installation.</summary>
    public static bool Exists(string directory) => File.Exists(Path.Combine(directory, MasterFile));

    /// <summary>Makes new keys in an empty directory that only this user can read.</summary>
    /// <exception cref="KeysException">The directory holds some keys already.</exception>
    public static KeyRing Create(string directory)
    {
        foreach (var file in new[] { "seal.pem", "seal.pub.pem", AddressFile, LoginsFile })
        {
            if (File.Exists(Path.Combine(directory, file)))
                throw new KeysException(
                    $"{directory} holds {file} without {MasterFile}: bring the missing keys back, or take another "
                        + "directory for a new installation."
                );
        }

        PrivateFile.CreateDirectory(directory);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        using var seal = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write(directory, "seal.pem", seal.ExportPkcs8PrivateKeyPem() + "\n");
        Write(directory, "seal.pub.pem", seal.ExportSubjectPublicKeyInfoPem() + "\n");
        Write(directory, AddressFile, RandomNumberGenerator.GetHexString(64, lowercase: true) + "\n");
        var logins = new ServiceLogins(
            RandomNumberGenerator.GetHexString(8, lowercase: true),
            RandomNumberGenerator.GetHexString(48, lowercase: true),
            RandomNumberGenerator.GetHexString(48, lowercase: true)
        );
        Write(directory, LoginsFile, JsonSerializer.Serialize(logins) + "\n");
        // Last: it is what says that the keys are complete.
        Write(directory, MasterFile, RandomNumberGenerator.GetHexString(64, lowercase: true) + "\n");
        return Open(directory);
    }

    /// <summary>Opens the keys of an installation.</summary>
    /// <exception cref="KeysException">One is missing or malformed.</exception>
    public static KeyRing Open(string directory)
    {
        var logins = ReadLogins(directory);
        var ring = new KeyRing(directory, ReadKey(directory, MasterFile), ReadKey(directory, AddressFile), logins);
        ring.RequireSealPair();
        return ring;
    }

    private static ServiceLogins ReadLogins(string directory)
    {
        try
        {
            return JsonSerializer.Deserialize<ServiceLogins>(Read(directory, LoginsFile), Complete)
                ?? throw new KeysException($"{LoginsFile} in {directory} is empty.");
        }
        catch (JsonException malformed)
        {
            throw new KeysException($"{LoginsFile} in {directory} is cut or malformed.", malformed);
        }
    }

    // Found now, not when the first checkpoint is to be signed.
    private void RequireSealPair()
    {
        var files = new[] { SealKeyFile, SealPublicKeyFile };
        var halves = files.Select(file => PublicHalf(Read(Directory, Path.GetFileName(file)), file)).ToList();
        if (!halves[0].AsSpan().SequenceEqual(halves[1]))
            throw new KeysException($"{SealKeyFile} and {SealPublicKeyFile} are not of one key.");
    }

    private static byte[] PublicHalf(string pem, string file)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportFromPem(pem);
            return key.ExportSubjectPublicKeyInfo();
        }
        catch (Exception malformed) when (malformed is ArgumentException or CryptographicException)
        {
            throw new KeysException($"{file} is cut or malformed.", malformed);
        }
    }

    private static byte[] ReadKey(string directory, string file)
    {
        try
        {
            var key = Convert.FromHexString(Read(directory, file).Trim());
            return key.Length == 32
                ? key
                : throw new KeysException(
                    string.Create(CultureInfo.InvariantCulture, $"{file} holds {key.Length} bytes, not 32.")
                );
        }
        catch (FormatException malformed)
        {
            throw new KeysException($"{file} in {directory} is not hexadecimal.", malformed);
        }
    }

    private static string Read(string directory, string file)
    {
        var path = Path.Combine(directory, file);
        return File.Exists(path) ? File.ReadAllText(path) : throw new KeysException($"The key file {path} is missing.");
    }

    private static void Write(string directory, string file, string content)
    {
        using var stream = PrivateFile.Open(Path.Combine(directory, file), FileMode.CreateNew);
        stream.Write(System.Text.Encoding.UTF8.GetBytes(content));
        stream.Flush(flushToDisk: true);
    }
}

/// <summary>
/// The service's own database logins. Their names carry the installation, since roles are a server's, not a database's.
/// </summary>
internal sealed record ServiceLogins(string Installation, string WriterPassword, string AppPassword)
{
    public string Writer => $"schemahub_writer_{Installation}";

    public string App => $"schemahub_app_{Installation}";
}

/// <summary>
/// Keys are missing, malformed, or not those of this database. Nothing starts, and nothing new is made.
/// </summary>
public sealed class KeysException(string message, Exception? inner = null) : Exception(message, inner);
