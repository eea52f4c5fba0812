using System.Net;
using System.Net.Sockets;

namespace SchemaHub.Infrastructure.Access;

/// <summary>Where a caller is, as far as limits go: the holder of one IPv6 address of a network has them all.</summary>
public static class ClientNetwork
{
    private const int BitsOfByte = 8;

    // A host or a line; a small provider's block.
    private static readonly int[] OfIPv4 = [32, 24];

    // A line; a customer's block as providers give it out, a small one and a large one (RIPE-690).
    private static readonly int[] OfIPv6 = [64, 56, 48];

    /// <summary>An IPv4 address, or the first 64 bits of an IPv6 one; empty where none is known.</summary>
    public static string Of(IPAddress? address) => Around(address)[0];

    /// <summary>
    /// The networks that an address is in, the narrowest first: of IPv4 the address and its /24, of IPv6 its /64, /56
    /// and /48; one that is empty where none is known.
    /// </summary>
    public static IReadOnlyList<string> Around(IPAddress? address)
    {
        if (address is null)
            return [""];

        if (address.AddressFamily == AddressFamily.InterNetwork)
            return [address.ToString(), .. OfIPv4[1..].Select(bits => Cut(address, bits))];

        // The narrowest as before wider ones were counted: without a length behind it.
        return [Cut(address, OfIPv6[0]).Split('/')[0], .. OfIPv6[1..].Select(bits => Cut(address, bits))];
    }

    private static string Cut(IPAddress address, int bits)
    {
        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, bits / BitsOfByte, bytes.Length - (bits / BitsOfByte));
        return $"{new IPAddress(bytes)}/{bits}";
    }
}
