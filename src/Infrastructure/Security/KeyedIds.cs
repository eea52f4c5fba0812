using System.Security.Cryptography;
using System.Text;
using SchemaHub.Application;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Infrastructure.Security;

/// <summary>HMAC-SHA-256 under the installation's address key.</summary>
internal sealed class KeyedIds(KeyRing keys) : IKeyedIds
{
    public Guid OfContact(string tenant, EmailAddress address) =>
        ContentIds.FromHash(Hash("contact", tenant, address.Canonical));

    public Guid OfUser(EmailAddress address) => ContentIds.FromHash(Hash("user", Tenant.System, address.Canonical));

    public Guid OfInvitation(string tenant, EmailAddress address, int round) =>
        ContentIds.FromHash(Hash($"invitation {round}", tenant, address.Canonical));

    public byte[] OfRequest(ReadOnlySpan<byte> request)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, keys.Address);
        hmac.AppendData("request\n"u8);
        hmac.AppendData(request);
        return hmac.GetHashAndReset();
    }

    private byte[] Hash(string kind, string tenant, string value) =>
        HMACSHA256.HashData(keys.Address, Encoding.UTF8.GetBytes($"{kind}\n{tenant}\n{value}"));
}
