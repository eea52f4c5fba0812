using System.Numerics;

namespace SchemaHub.Application;

/// <summary>
/// The cuid under which a thing is published where ids are cuids: its UUID without version and variant, as 24 digits of
/// base 36. The SQL function <c>access.cuid</c> gives the same.
/// </summary>
public static class Cuid
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    /// <summary>25 characters; never changes for an id.</summary>
    public static string Of(Guid id)
    {
        var number = BigInteger.Zero;
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        for (var bit = 0; bit < 128; bit++)
        {
            // The version (bits 48 to 51) and the variant (64 and 65) are the same in all of ours.
            if (bit is (>= 48 and < 52) or 64 or 65)
                continue;

            number = (number << 1) + ((bytes[bit / 8] >> (7 - bit % 8)) & 1);
        }

        Span<char> cuid = stackalloc char[25];
        cuid[0] = 'c';
        for (var place = 24; place > 0; place--)
        {
            number = BigInteger.DivRem(number, 36, out var digit);
            cuid[place] = Digits[(int)digit];
        }

        return new string(cuid);
    }
}
