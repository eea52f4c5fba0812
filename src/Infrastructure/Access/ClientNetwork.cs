using System.Net;
using System.Net.Sockets;

namespace SchemaHub.Infrastructure.Access;

/// <summary>Where a caller is, as far as limits go: the holder of one IPv6 address of a network has them all.</summary>
public static class ClientNetwork
{
    private const int BitsOfByte = 8;
    private const int LineBits = 64;

    /// <summary>An IPv4 address, or the first 64 bits of an IPv6 one; empty where none is known.</summary>
    public static string Of(IPAddress? address) =>
        address switch
        {
            null => "",
            { AddressFamily: AddressFamily.InterNetwork } => address.ToString(),
            _ => FirstBits(address, LineBits),
        };

    /// <summary>
    /// The networks that an address is in, the narrowest first: of IPv4 the address and its /24, of IPv6 its /64, /56
    /// and /48; one that is empty where none is known.
    /// </summary>
    public static IReadOnlyList<string> Around(IPAddress? address) =>
        address switch
        {
            null => [""],
            // A host or a line; a small provider's block.
            { AddressFamily: AddressFamily.InterNetwork } => [Of(address), Cut(address, 24)],
            // A line; a customer's block as providers give it out, a small one and a large one (RIPE-690).
            _ => [Of(address), Cut(address, 56), Cut(address, 48)],
        };

    private static string Cut(IPAddress address, int bits) => $"{FirstBits(address, bits)}/{bits}";

    private static string FirstBits(IPAddress address, int bits)
    {
        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, bits / BitsOfByte, bytes.Length - (bits / BitsOfByte));
        return new IPAddress(bytes).ToString();
    }
}
