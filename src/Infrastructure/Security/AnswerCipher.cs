using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SchemaHub.Application;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// Encrypts what commands answered, secrets and personal data included: AES-256-GCM under a key of the master key, each
/// bound to its receipt.
/// </summary>
internal sealed class AnswerCipher(KeyRing keys)
{
    private readonly byte[] _key = keys.DeriveFromMaster("schemahub command answers");

    public byte[] Seal(CommandReceipt receipt, string json)
    {
        using var aes = new AesGcm(_key, SubjectKey.TagBytes);
        return SubjectKey.Encrypt(aes, prefix: [], Encoding.UTF8.GetBytes(json), Binding(receipt));
    }

    /// <exception cref="CryptographicException">Another master key, another receipt, or altered.</exception>
    public string? Open(CommandReceipt receipt, byte[]? answer)
    {
        if (answer is null)
            return null;

        using var aes = new AesGcm(_key, SubjectKey.TagBytes);
        var plain = new byte[answer.Length];
        var length = SubjectKey.Decrypt(aes, answer, plain, Binding(receipt));
        return Encoding.UTF8.GetString(plain, 0, length);
    }

    private static byte[] Binding(CommandReceipt receipt) =>
        JsonSerializer.SerializeToUtf8Bytes(new[] { receipt.Tenant, receipt.Actor, receipt.Key });
}
