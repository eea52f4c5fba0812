using System.Security.Cryptography;
using SchemaHub.Infrastructure.Seals;
using SchemaHub.Infrastructure.Security;

namespace SchemaHub.Infrastructure.Specs.Seals;

public class SealKeySpec
{
    private string _directory = null!;

    [SetUp]
    public void CreateDirectory() => _directory = Directory.CreateTempSubdirectory("seal").FullName;

    [TearDown]
    public void DeleteDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public void A_key_is_the_same_when_it_is_opened_again()
    {
        using var made = PemSealKey.Create(_directory);
        using var opened = PemSealKey.Open(_directory);

        opened.KeyId.ShouldBe(made.KeyId);
        File.ReadAllText(Path.Combine(_directory, "seal.pub.pem")).ShouldBe(made.PublicKeyPem);
        using var reader = ECDsa.Create();
        reader.ImportFromPem(made.PublicKeyPem);
        reader.VerifyData("note"u8, opened.Sign("note"u8), HashAlgorithmName.SHA256).ShouldBeTrue();
        PemSealKey.Fingerprint(reader).ShouldBe(made.KeyId);
    }

    [Test]
    public void A_key_is_never_overwritten_and_is_its_owners_alone()
    {
        using var made = PemSealKey.Create(_directory);

        Should.Throw<IOException>(() => PemSealKey.Create(_directory));
        using var opened = PemSealKey.Open(_directory);
        opened.KeyId.ShouldBe(made.KeyId);
        if (!OperatingSystem.IsWindows())
        {
            var mode = File.GetUnixFileMode(Path.Combine(_directory, "seal.pem"));
            mode.ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Test]
    public void A_missing_or_foreign_key_is_named()
    {
        var path = Path.Combine(_directory, "seal.pem");
        Message().ShouldBe($"The keys directory has no signing key: {path} is missing.");

        File.WriteAllText(path, "gibberish");
        Message().ShouldBe($"{path} is not a private key in PEM.");

        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        File.WriteAllText(path, curve.ExportPkcs8PrivateKeyPem());
        Message().ShouldBe($"{path} is not a key on the curve P-256.");

        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(path, made.ExportSubjectPublicKeyInfoPem());
        Message().ShouldBe($"{path} is not a private key in PEM.");
    }

    private string Message() => Should.Throw<KeysException>(() => PemSealKey.Open(_directory).Dispose()).Message;
}
