using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>An address as the kernel writes it (<c>struct sockaddr_in</c>, <c>sockaddr_in6</c>, <c>sockaddr_un</c>), to and from .NET's end points.</summary>
internal static class NativeSocketAddress
{
    public const int MaximumLength = 110;
    public const int Unix = 1;
    public const int IPv4 = 2;
    public const int IPv6 = 10;

    private const int UnixPathOffset = 2;

    /// <summary>Gets the address family of an end point.</summary>
    /// <exception cref="ArgumentException">It is neither an IP address with a port nor a Unix-domain socket.</exception>
    public static int FamilyOf(EndPoint endPoint) => endPoint switch
    {
        IPEndPoint { AddressFamily: AddressFamily.InterNetwork } => IPv4,
        IPEndPoint { AddressFamily: AddressFamily.InterNetworkV6 } => IPv6,
        UnixDomainSocketEndPoint => Unix,
        _ => throw new ArgumentException(EndPointKinds.Explain(endPoint), nameof(endPoint)),
    };

    /// <summary>Writes an end point.</summary>
    /// <returns>The length.</returns>
    public static int Write(EndPoint endPoint, Span<byte> target)
    {
        target[..28].Clear();
        if (endPoint is IPEndPoint ip)
        {
            BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)ip.Port);
            if (ip.AddressFamily == AddressFamily.InterNetwork)
            {
                WriteFamily(target, IPv4);
                ip.Address.TryWriteBytes(target[4..], out _);
                return 16;
            }

            WriteFamily(target, IPv6);
            ip.Address.TryWriteBytes(target[8..], out _);
            BitConverter.TryWriteBytes(target[24..], (uint)ip.Address.ScopeId);
            return 28;
        }

        var serialized = endPoint.Serialize();
        serialized.Buffer.Span[..serialized.Size].CopyTo(target);
        return serialized.Size;
    }

    /// <summary>
    /// Reads an address that the kernel wrote; null for a Unix-domain socket without a name, and for families that are none of ours. An IPv4 address in IPv6's form becomes an IPv4 address.
    /// </summary>
    public static EndPoint? Read(ReadOnlySpan<byte> source) => source.Length < 2 ? null : BitConverter.ToUInt16(source) switch
    {
        IPv4 when source.Length >= 16 => new IPEndPoint(new IPAddress(source.Slice(4, 4)), BinaryPrimitives.ReadUInt16BigEndian(source[2..])),
        IPv6 when source.Length >= 28 => ReadIPv6(source),
        Unix when source.Length > UnixPathOffset && source[UnixPathOffset] != 0 => ReadUnix(source[UnixPathOffset..]),
        _ => null,
    };

    private static IPEndPoint ReadIPv6(ReadOnlySpan<byte> source)
    {
        ReadOnlySpan<byte> mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];
        var port = BinaryPrimitives.ReadUInt16BigEndian(source[2..]);
        return source.Slice(8, mapped.Length).SequenceEqual(mapped)
            ? new(new IPAddress(source.Slice(8 + mapped.Length, 4)), port)
            : new(new IPAddress(source.Slice(8, 16), BitConverter.ToUInt32(source[24..])), port);
    }

    private static UnixDomainSocketEndPoint ReadUnix(ReadOnlySpan<byte> path)
    {
        var end = path.IndexOf((byte)0);
        return new(Encoding.UTF8.GetString(end < 0 ? path : path[..end]));
    }

    private static void WriteFamily(Span<byte> target, int family) => BitConverter.TryWriteBytes(target, (ushort)family);
}
