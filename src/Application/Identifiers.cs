using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SchemaHub.Domain.Contacts;

namespace SchemaHub.Application;

/// <summary>Ids and tokens that must be the same again: for the same address, the same file, the same text.</summary>
public interface IKeyedIds
{
    /// <summary>
    /// The stream of an address in an organization: a keyed hash, so that only who presents the address finds it,
    /// also after erasure.
    /// </summary>
    Guid OfContact(string tenant, EmailAddress address);

    /// <summary>The stream of a user: a keyed hash of the address.</summary>
    Guid OfUser(EmailAddress address);

    /// <summary>
    /// The stream of an invitation of an address to an organization: a keyed hash, so that an address is invited once
    /// at a time, whoever invites it in the same moment.
    /// </summary>
    /// <param name="round">How many invitations of the address ended before.</param>
    Guid OfInvitation(string tenant, EmailAddress address, int round);

    /// <summary>
    /// A keyed hash of what was asked for under an idempotency key: it outlives an erasure, and nobody can try
    /// addresses on it.
    /// </summary>
    byte[] OfRequest(ReadOnlySpan<byte> request);
}

/// <summary>Ids that follow from public content.</summary>
public static class ContentIds
{
    /// <summary>A version 8 UUID (RFC 9562 section 5.8) from the SHA-256 of the parts.</summary>
    public static Guid Of(params ReadOnlySpan<string> parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }

        return FromHash(hash.GetHashAndReset());
    }

    /// <summary>A version 8 UUID from the first 16 bytes of a hash.</summary>
    public static Guid FromHash(ReadOnlySpan<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[16];
        hash[..16].CopyTo(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>SHA-256 of a text in UTF-8, lower-case hex.</summary>
    public static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
