using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SchemaHub.Infrastructure.Identity;

/// <summary>Where a key is used from, no more exactly than needed: 24 bits of IPv4, 48 of IPv6.</summary>
/// <param name="Prefix">The first bits of the address, the others 0.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct KeyNetwork(ulong Prefix, KeyNetwork.Kind Of4Or6)
{
    private const int V4Bytes = 4;
    private const int V6Bytes = 16;

    /// <summary>What kind of network it is.</summary>
    internal enum Kind
    {
        /// <summary>Not known.</summary>
        None,

        /// <summary>IPv4.</summary>
        V4,

        /// <summary>IPv6.</summary>
        V6,
    }

    /// <summary>No network that is known.</summary>
    public static KeyNetwork None { get; }

    /// <summary>The network of an address; IPv4 as IPv4, also where it came through an IPv6 socket.</summary>
    public static KeyNetwork Of(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[V6Bytes];
        if (address is null || !address.TryWriteBytes(bytes, out var written))
            return None;

        if (address.IsIPv4MappedToIPv6)
            bytes = bytes[(V6Bytes - V4Bytes)..];
        else if (address.AddressFamily == AddressFamily.InterNetworkV6)
            return new KeyNetwork(Number(bytes[..6]), Kind.V6);

        return new KeyNetwork(Number(bytes[..3]), Kind.V4);
    }

    /// <summary>As PostgreSQL writes a <c>cidr</c>; empty where none is known.</summary>
    public override string ToString() =>
        Of4Or6 switch
        {
            Kind.V4 => $"{Address(V4Bytes, 3)}/24",
            Kind.V6 => $"{Address(V6Bytes, 6)}/48",
            _ => "",
        };

    private static ulong Number(ReadOnlySpan<byte> bytes)
    {
        var number = 0UL;
        foreach (var part in bytes)
            number = (number << 8) | part;

        return number;
    }

    private IPAddress Address(int length, int known)
    {
        var bytes = new byte[length];
        for (var i = 0; i < known; i++)
            bytes[i] = (byte)(Prefix >> (8 * (known - 1 - i)));

        return new IPAddress(bytes);
    }
}
