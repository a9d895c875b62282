using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Unicode;

namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Writes headers of the PROXY protocol into buffers that are large enough.</summary>
internal static class ProxyHeaderWriter
{
    private const byte Local = 0x20;
    private const byte Proxy = 0x21;
    private const byte TcpOverInet = 0x11;
    private const byte TcpOverInet6 = 0x21;
    private const byte UnixStream = 0x31;

    // In SocketAddress, sun_family precedes sun_path.
    private const int PathOfSocketAddress = 2;

    /// <summary>Writes the line of version 1.</summary>
    public static int WriteLine(ProxyHeader header, Span<byte> buffer)
    {
        int written;
        if (header is { Source: IPEndPoint source, Destination: IPEndPoint destination })
        {
            var isInet = IsInet(source, destination);
            Utf8.TryWrite(
                buffer, CultureInfo.InvariantCulture,
                $"PROXY {(isInet ? "TCP4" : "TCP6")} {AddressOf(source, isInet)} {AddressOf(destination, isInet)} {source.Port} {destination.Port}\r\n", out written);
        }
        else
        {
            "PROXY UNKNOWN\r\n"u8.CopyTo(buffer);
            written = "PROXY UNKNOWN\r\n"u8.Length;
        }

        return written;
    }

    /// <summary>Writes the header of version 2.</summary>
    public static int WriteBinary(ProxyHeader header, Span<byte> buffer, bool withChecksum)
    {
        ProxyFormat.Signature.CopyTo(buffer);
        (buffer[12], buffer[13], var end) = WriteAddresses(header, buffer[ProxyFormat.Prefix..]);
        end += ProxyFormat.Prefix;
        var checksumAt = end + ProxyFormat.TlvPrefix;
        if (withChecksum)
        {
            buffer[end] = (byte)ProxyTlvType.Crc32C;
            BinaryPrimitives.WriteUInt16BigEndian(buffer[(end + 1)..], sizeof(uint));
            end += ProxyFormat.ChecksumTlv;
        }

        // A header that was received may contain a checksum of its original bytes.
        for (var rest = header.RawTlvs; !rest.IsEmpty;)
        {
            var length = ProxyFormat.TlvPrefix + BinaryPrimitives.ReadUInt16BigEndian(rest[1..]);
            if ((ProxyTlvType)rest[0] != ProxyTlvType.Crc32C)
            {
                rest[..length].CopyTo(buffer[end..]);
                end += length;
            }

            rest = rest[length..];
        }

        BinaryPrimitives.WriteUInt16BigEndian(buffer[14..], (ushort)(end - ProxyFormat.Prefix));
        if (withChecksum)
        {
            BinaryPrimitives.WriteUInt32BigEndian(buffer[checksumAt..], ProxyFormat.Checksum(buffer[..end], checksumAt));
        }

        return end;
    }

    private static (byte Command, byte Family, int Length) WriteAddresses(ProxyHeader header, Span<byte> block)
    {
        switch (header)
        {
            case { Source: IPEndPoint source, Destination: IPEndPoint destination }:
                var isInet = IsInet(source, destination);
                AddressOf(source, isInet).TryWriteBytes(block, out var size);
                AddressOf(destination, isInet).TryWriteBytes(block[size..], out _);
                BinaryPrimitives.WriteUInt16BigEndian(block[(2 * size)..], (ushort)source.Port);
                BinaryPrimitives.WriteUInt16BigEndian(block[((2 * size) + 2)..], (ushort)destination.Port);
                return isInet ? (Proxy, TcpOverInet, ProxyFormat.InetBlock) : (Proxy, TcpOverInet6, ProxyFormat.Inet6Block);
            case { Source: UnixDomainSocketEndPoint or null, Destination: UnixDomainSocketEndPoint or null } when (header.Source ?? header.Destination) is not null:
                WriteUnix(header.Source, block[..ProxyFormat.UnixPath]);
                WriteUnix(header.Destination, block[ProxyFormat.UnixPath..ProxyFormat.UnixBlock]);
                return (Proxy, UnixStream, ProxyFormat.UnixBlock);
            default:
                // PROXY with UNSPEC would mean something else, and HAProxy 2.6 closes a connection that begins with it.
                return (Local, 0, 0);
        }
    }

    private static bool IsInet(IPEndPoint source, IPEndPoint destination) =>
        source.AddressFamily == AddressFamily.InterNetwork && destination.AddressFamily == AddressFamily.InterNetwork;

    // A header cannot contain zones; if one address is IPv6 the other is mapped, as in HAProxy.
    private static IPAddress AddressOf(IPEndPoint endPoint, bool isInet)
    {
        var address = endPoint.Address;
        if (isInet || address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: 0 })
        {
            return address;
        }

        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return address.MapToIPv6();
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return new IPAddress(bytes);
    }

    private static void WriteUnix(EndPoint? endPoint, Span<byte> path)
    {
        path.Clear();
        if (endPoint?.Serialize() is { } address)
        {
            for (var i = PathOfSocketAddress; i < address.Size && i - PathOfSocketAddress < path.Length; i++)
            {
                path[i - PathOfSocketAddress] = address[i];
            }
        }
    }
}
