using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using SchemaHub.Application.Campaigns;

namespace SchemaHub.Infrastructure.Security;

/// <summary>
/// A mail's number and 10 bytes of HMAC-SHA-256 under a key of its own, in base32 (RFC 4648 section 6) without case.
/// </summary>
internal sealed class MailTokens(KeyRing keys) : IMailTokens
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private const int MacBytes = 10;
    private const int Bytes = sizeof(int) + MacBytes;

    // 14 bytes are 112 bits: 22 digits of 5 bits and one of 2.
    private const int Digits = 23;

    private readonly byte[] _key = keys.Derive("schemahub mail tokens");

    public string Of(TokenUse use, int emailLog, string with = "")
    {
        Span<byte> token = stackalloc byte[Bytes];
        BinaryPrimitives.WriteInt32BigEndian(token, emailLog);
        Mac(use, emailLog, with, token[sizeof(int)..]);
        return Encode(token);
    }

    public int? Read(TokenUse use, string token, string with = "")
    {
        Span<byte> bytes = stackalloc byte[Bytes];
        if (!TryDecode(token, bytes))
            return null;

        var emailLog = BinaryPrimitives.ReadInt32BigEndian(bytes);
        Span<byte> mac = stackalloc byte[MacBytes];
        Mac(use, emailLog, with, mac);
        return CryptographicOperations.FixedTimeEquals(mac, bytes[sizeof(int)..]) ? emailLog : null;
    }

    private void Mac(TokenUse use, int emailLog, string with, Span<byte> mac)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{use}\n{emailLog}\n{with}"), hash);
        hash[..MacBytes].CopyTo(mac);
    }

    private static string Encode(ReadOnlySpan<byte> bytes)
    {
        Span<char> digits = stackalloc char[Digits];
        for (var digit = 0; digit < Digits; digit++)
            digits[digit] = Alphabet[FiveBits(bytes, digit * 5)];

        return new string(digits);
    }

    private static bool TryDecode(string token, Span<byte> bytes)
    {
        if (token.Length != Digits)
            return false;

        for (var digit = 0; digit < Digits; digit++)
        {
            var value = Alphabet.IndexOf(char.ToLowerInvariant(token[digit]), StringComparison.Ordinal);
            if (value < 0)
                return false;

            for (var bit = 0; bit < 5; bit++)
            {
                var at = (digit * 5) + bit;
                if ((value & (16 >> bit)) == 0)
                    continue;

                // The last digit has bits to spare; set, they would be a second spelling of the same token.
                if (at >= Bytes * 8)
                    return false;

                bytes[at / 8] |= (byte)(128 >> (at % 8));
            }
        }

        return true;
    }

    private static int FiveBits(ReadOnlySpan<byte> bytes, int from)
    {
        var value = 0;
        for (var at = from; at < from + 5; at++)
        {
            var isSet = at < Bytes * 8 && (bytes[at / 8] & (128 >> (at % 8))) != 0;
            value = (value << 1) | (isSet ? 1 : 0);
        }

        return value;
    }
}
