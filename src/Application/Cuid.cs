using System.Globalization;
using System.Numerics;

namespace SchemaHub.Application;

/// <summary>
/// The ids of a schema whose documents know cuids: <c>c</c> and 24 digits of base 36, made of the 122 bits of a UUID
/// that are not its version and variant. The database's <c>access.cuid(uuid)</c> says the same.
/// </summary>
public static class Cuid
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private const int Places = 24;
    private const int AfterVersion = 76;
    private const int AfterVariant = 62;

    private static readonly UInt128 LowBits = (UInt128.One << AfterVariant) - 1;

    private static readonly UInt128 MiddleBits = (UInt128.One << 12) - 1;

    /// <summary>The cuid of an id.</summary>
    public static string Of(Guid id)
    {
        var bits = BitsOf(id);
        var number =
            (bits >> (AfterVersion + 4) << (AfterVersion - 2))
            | ((bits >> 64 & MiddleBits) << AfterVariant)
            | (bits & LowBits);
        Span<char> text = stackalloc char[1 + Places];
        text[0] = 'c';
        for (var place = Places; place > 0; place--)
        {
            text[place] = Digits[(int)(number % 36)];
            number /= 36;
        }

        return new string(text);
    }

    /// <summary>The version 7 UUID that has this cuid, or null where none has.</summary>
    public static Guid? ToVersion7(string cuid)
    {
        if (cuid.Length != 1 + Places || cuid[0] != 'c')
            return null;

        var number = BigInteger.Zero;
        foreach (var digit in cuid.AsSpan(1))
        {
            var value = Digits.IndexOf(digit, StringComparison.Ordinal);
            if (value < 0)
                return null;

            number = number * 36 + value;
        }

        if (number >> 122 != 0)
            return null;

        var bits = (UInt128)number;
        var whole =
            (bits >> (AfterVersion - 2) << (AfterVersion + 4))
            | ((UInt128)0x7 << AfterVersion)
            | ((bits >> AfterVariant & MiddleBits) << 64)
            | (UInt128.One << 63)
            | (bits & LowBits);
        return Guid.ParseExact(whole.ToString("x32", CultureInfo.InvariantCulture), "N");
    }

    private static UInt128 BitsOf(Guid id) =>
        UInt128.Parse(id.ToString("N"), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
