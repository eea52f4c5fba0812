using System.Net;
using System.Net.Sockets;

namespace SchemaHub.Infrastructure.Access;

/// <summary>Where a caller is, as far as limits go: whoever has one IPv6 address of a network has them all.</summary>
public static class ClientNetwork
{
    private const int NetworkBytes = 8;

    /// <summary>An IPv4 address, or the first 64 bits of an IPv6 one; empty where none is known.</summary>
    public static string Of(IPAddress? address)
    {
        if (address is null || address.AddressFamily == AddressFamily.InterNetwork)
            return address?.ToString() ?? "";

        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, NetworkBytes, bytes.Length - NetworkBytes);
        return new IPAddress(bytes).ToString();
    }
}
