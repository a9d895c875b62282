using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>Prints addresses as Java does, and so namerd.</summary>
internal static class JavaAddress
{
    /// <summary>Prints IPv6 uncompressed, <c>2001:db8:0:0:0:0:0:1</c>, with its zone; one that is mapped from IPv4 as that.</summary>
    public static string Print(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || address.IsIPv4MappedToIPv6)
        {
            return (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        }

        var bytes = address.GetAddressBytes();
        var groups = Enumerable.Range(0, bytes.Length / 2).Select(i => BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(2 * i)).ToString("x", CultureInfo.InvariantCulture));
        var zone = address.ScopeId == 0 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $"%{address.ScopeId}");
        return string.Join(':', groups) + zone;
    }
}
