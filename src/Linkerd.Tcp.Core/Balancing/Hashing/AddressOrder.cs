using System.Buffers.Binary;
using System.Net;
using Linkerd.Tcp.Balancing.Composition;

namespace Linkerd.Tcp.Balancing.Hashing;

/// <summary>Sorts endpoints in an order that depends on their addresses alone: the same in every instance, whatever the order of discovery.</summary>
internal static class AddressOrder
{
    /// <summary>Gets the members of a group in that order.</summary>
    public static GroupMember[] Sort(ReadOnlySpan<GroupMember> members)
    {
        var sorted = members.ToArray();
        var keys = new Key[sorted.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = Key.Of(sorted[i].Endpoint.Address);
        }

        Array.Sort(keys, sorted);
        return sorted;
    }

    /// <summary>Gets a hash of an address with its port; the same in every process.</summary>
    public static ulong Hash(EndPoint address) => address switch
    {
        IPEndPoint ip => ClientHash.Mix(ClientHash.Of(ip.Address) + (ulong)ip.Port),
        _ => ClientHash.Of(address.ToString()),
    };

    private readonly record struct Key(UInt128 Bytes, int Port, string Text) : IComparable<Key>
    {
        public static Key Of(EndPoint address)
        {
            if (address is not IPEndPoint ip)
            {
                return new Key(UInt128.MaxValue, 0, address.ToString() ?? "");
            }

            // IPv4 in its IPv6 form: before nearly all of IPv6, and in its own order.
            Span<byte> bytes = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0, 0, 0];
            var isIPv4 = ip.Address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
            ip.Address.TryWriteBytes(isIPv4 ? bytes[12..] : bytes, out _);
            return new Key(BinaryPrimitives.ReadUInt128BigEndian(bytes), ip.Port, isIPv4 ? "" : "6");
        }

        public int CompareTo(Key other) =>
            Bytes != other.Bytes ? Bytes.CompareTo(other.Bytes)
            : Port != other.Port ? Port.CompareTo(other.Port)
            : string.CompareOrdinal(Text, other.Text);
    }
}
