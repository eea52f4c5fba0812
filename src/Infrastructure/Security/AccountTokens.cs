using System.Buffers.Text;
using System.Security.Cryptography;
using SchemaHub.Application.Identity;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// Tokens of mailed links (account, link and HMAC-SHA-256 over both and the use) and of devices (device and
/// HMAC-SHA-256 over it and the account), each under a key of its own, in base64url.
/// </summary>
internal sealed class AccountTokens(KeyRing keys) : IAccountTokens, IDeviceTokens
{
    private const int GuidBytes = 16;
    private const int MacBytes = HMACSHA256.HashSizeInBytes;
    private const int MostDevices = 8;

    private readonly byte[] _links = keys.Derive("schemahub account links", MacBytes);
    private readonly byte[] _devices = keys.Derive("schemahub devices", MacBytes);

    public string Of(AccountLink use, Guid user, Guid link)
    {
        Span<byte> token = stackalloc byte[(2 * GuidBytes) + MacBytes];
        user.TryWriteBytes(token, bigEndian: true, out _);
        link.TryWriteBytes(token[GuidBytes..], bigEndian: true, out _);
        Mac(use, token[..(2 * GuidBytes)], token[(2 * GuidBytes)..]);
        return Base64Url.EncodeToString(token);
    }

    public (Guid User, Guid Link)? Read(AccountLink use, string? token)
    {
        Span<byte> bytes = stackalloc byte[(2 * GuidBytes) + MacBytes];
        if (!SessionTokens.TryDecode("", token, bytes))
            return null;

        Span<byte> mac = stackalloc byte[MacBytes];
        Mac(use, bytes[..(2 * GuidBytes)], mac);
        return CryptographicOperations.FixedTimeEquals(mac, bytes[(2 * GuidBytes)..])
            ? (
                new Guid(bytes[..GuidBytes], bigEndian: true),
                new Guid(bytes[GuidBytes..(2 * GuidBytes)], bigEndian: true)
            )
            : null;
    }

    public string Of(Guid device, Guid user)
    {
        Span<byte> token = stackalloc byte[GuidBytes + MacBytes];
        device.TryWriteBytes(token, bigEndian: true, out _);
        DeviceMac(device, user, token[GuidBytes..]);
        return Base64Url.EncodeToString(token);
    }

    public Guid? Read(string? tokens, Guid user)
    {
        foreach (var token in (tokens ?? "").Split(IDeviceTokens.Separator, MostDevices + 1).Take(MostDevices))
        {
            if (ReadOne(token, user) is { } device)
                return device;
        }

        return null;
    }

    private Guid? ReadOne(string token, Guid user)
    {
        Span<byte> bytes = stackalloc byte[GuidBytes + MacBytes];
        if (!SessionTokens.TryDecode("", token, bytes))
            return null;

        var device = new Guid(bytes[..GuidBytes], bigEndian: true);
        Span<byte> mac = stackalloc byte[MacBytes];
        DeviceMac(device, user, mac);
        return CryptographicOperations.FixedTimeEquals(mac, bytes[GuidBytes..]) ? device : null;
    }

    private void Mac(AccountLink use, ReadOnlySpan<byte> ids, Span<byte> mac)
    {
        Span<byte> signed = stackalloc byte[1 + (2 * GuidBytes)];
        signed[0] = (byte)use;
        ids.CopyTo(signed[1..]);
        HMACSHA256.HashData(_links, signed, mac);
    }

    private void DeviceMac(Guid device, Guid user, Span<byte> mac)
    {
        Span<byte> signed = stackalloc byte[2 * GuidBytes];
        device.TryWriteBytes(signed, bigEndian: true, out _);
        user.TryWriteBytes(signed[GuidBytes..], bigEndian: true, out _);
        HMACSHA256.HashData(_devices, signed, mac);
    }
}
