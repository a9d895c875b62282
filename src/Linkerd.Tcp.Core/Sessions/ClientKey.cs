using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Sessions;

/// <summary>Identifies clients by their addresses, for limits of one client.</summary>
internal static class ClientKey
{
    /// <summary>Returns the key of one client: an IPv4 address, in its IPv6 form, or the /64 of an IPv6 address.</summary>
    public static UInt128 Of(IPAddress ip)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (ip.AddressFamily == AddressFamily.InterNetwork)
        {
            bytes.Clear();
            bytes[10] = bytes[11] = 0xFF;
            ip.TryWriteBytes(bytes[12..], out _);
        }
        else
        {
            ip.TryWriteBytes(bytes, out _);
            if (!ip.IsIPv4MappedToIPv6)
            {
                bytes[8..].Clear();
            }
        }

        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
