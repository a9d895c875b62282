using System.Buffers.Binary;
using System.Net;

namespace Linkerd.Tcp.Balancing.Hashing;

/// <summary>
/// The hash that sessions of one client have in common, for <see cref="PickContext.Hash"/>. The same in every process, on every platform and in every
/// version: proxies that share clients send each to the same endpoint. Not a defence against clients that choose their address.
/// </summary>
internal static class ClientHash
{
    /// <summary>
    /// Gets the hash of a client's address, without its port; an IPv4 address that is mapped into IPv6 counts as IPv4. 0 if there is no address.
    /// Any thread; allocates nothing for addresses of IP.
    /// </summary>
    /// <param name="client">The address.</param>
    public static ulong Of(EndPoint? client) => client switch
    {
        null => 0,
        IPEndPoint ip => Of(ip.Address),
        DnsEndPoint dns => Of(dns.Host),
        _ => client.ToString() is { } text ? Of(text) : 0,
    };

    /// <summary>Spreads 64 bits over 64 bits: each bit of the result depends on all of them, and no two values have the same.</summary>
    /// <remarks>The finalizer of SplitMix64 (G. Steele, D. Lea, C. Flood, 2014; constants of D. Stafford's Mix13).</remarks>
    internal static ulong Mix(ulong bits)
    {
        bits += 0x9E3779B97F4A7C15;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }

    /// <summary>Gets the hash of an address; never 0, which means none.</summary>
    internal static ulong Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        if (length == 16 && address.IsIPv4MappedToIPv6)
        {
            bytes = bytes[12..];
            length = 4;
        }

        return Some(length == 4
            ? Mix(BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : Mix(BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) ^ Mix(BinaryPrimitives.ReadUInt64BigEndian(bytes))));
    }

    /// <summary>Gets the hash of a text, by its UTF-16 code units.</summary>
    internal static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = Mix((ulong)text.Length);
        foreach (var unit in text)
        {
            hash = Mix(hash ^ unit);
        }

        return Some(hash);
    }

    private static ulong Some(ulong hash) => hash == 0 ? 1 : hash;
}
