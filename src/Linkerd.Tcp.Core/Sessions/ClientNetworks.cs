using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Represents a list of IP networks that clients are compared with. A look-up costs one hash for each distinct prefix length of the client's family, whatever the number of
/// networks, and allocates nothing. Immutable; any thread.
/// </summary>
public sealed class ClientNetworks
{
    private const int BitsOfV4 = 32;
    private const int BitsOfV6 = 128;
    private const string Expected = "a network such as 10.0.0.0/8 or 2001:db8::/32, or an address";

    // An IPv4 address that was mapped into IPv6 is behind ::ffff:0:0/96.
    private const int PrefixOfMapped = BitsOfV6 - BitsOfV4;

    private readonly PrefixTable _v4;
    private readonly PrefixTable _v6;

    /// <summary>Initializes a list; duplicates and networks within others do no harm.</summary>
    /// <param name="networks">The networks. One of IPv4 addresses that are mapped into IPv6 (<c>::ffff:10.0.0.0/104</c>) counts as IPv4.</param>
    public ClientNetworks(params IEnumerable<IPNetwork> networks)
    {
        ArgumentNullException.ThrowIfNull(networks);
        Networks = [.. networks.Select(Plain)];
        _v4 = new PrefixTable(BitsOfV4, Networks.Where(network => network.BaseAddress.AddressFamily == AddressFamily.InterNetwork));
        _v6 = new PrefixTable(BitsOfV6, Networks.Where(network => network.BaseAddress.AddressFamily == AddressFamily.InterNetworkV6));
    }

    /// <summary>Gets the networks, in the order in which they were given.</summary>
    public ImmutableArray<IPNetwork> Networks { get; }

    /// <summary>Reads networks and addresses, one or several with commas between them.</summary>
    /// <param name="text">The text, such as <c>10.0.0.0/8, 192.0.2.1, 2001:db8::/32</c>; white space around an item does not count.</param>
    /// <param name="networks">The list; null if the text is refused.</param>
    /// <param name="error">The problem, and what was expected; null if there is none.</param>
    /// <returns>True if the text is a list of networks.</returns>
    public static bool TryParse(string text, [NotNullWhen(true)] out ClientNetworks? networks, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        var items = new List<IPNetwork>();
        networks = null;
        foreach (var range in text.AsSpan().Split(','))
        {
            if (ReadItem(text.AsSpan()[range].Trim(), out var wrong) is not { } network)
            {
                error = wrong!;
                return false;
            }

            items.Add(network);
        }

        (networks, error) = (new ClientNetworks(items), null);
        return true;
    }

    /// <summary>
    /// Returns a value that indicates whether a client's address is in one of the networks. An IPv4 address that was mapped into IPv6 counts as IPv4, and zones
    /// do not count. A client without an IP address, such as that of a Unix-domain socket, is in none.
    /// </summary>
    public bool Contains(EndPoint? client) => client is IPEndPoint ip && Contains(ip.Address);

    /// <inheritdoc cref="Contains(EndPoint?)"/>
    internal bool Contains(IPAddress client)
    {
        ArgumentNullException.ThrowIfNull(client);
        Span<byte> bytes = stackalloc byte[BitsOfV6 / 8];
        return client.TryWriteBytes(bytes, out var length)
            && (length * 8 == BitsOfV4 ? _v4.Contains(BinaryPrimitives.ReadUInt32BigEndian(bytes))
                : client.IsIPv4MappedToIPv6 ? _v4.Contains(BinaryPrimitives.ReadUInt32BigEndian(bytes[(PrefixOfMapped / 8)..]))
                : _v6.Contains(BinaryPrimitives.ReadUInt128BigEndian(bytes)));
    }

    /// <summary>Returns the networks, with commas; one that is a single address as that address.</summary>
    public override string ToString() => string.Join(", ", Networks.Select(network =>
        network.PrefixLength == BitsOf(network.BaseAddress) ? network.BaseAddress.ToString() : network.ToString()));

    private static int BitsOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? BitsOfV4 : BitsOfV6;

    private static IPNetwork? ReadItem(ReadOnlySpan<char> text, out string? error)
    {
        var slash = text.IndexOf('/');
        var literal = slash < 0 ? text : text[..slash];
        if (AddressLiteral.Read(literal) is not { } address)
        {
            error = $"'{text}': expected {(AddressLiteral.IsAmbiguous(literal) ? AddressLiteral.Expected : Expected)}";
            return null;
        }

        if (literal.Contains('%'))
        {
            error = $"'{text}': expected no zone (%...), as the zones of clients do not count";
            return null;
        }

        var bits = BitsOf(address);
        var prefix = bits;
        if (slash >= 0)
        {
            var digits = text[(slash + 1)..];
            if (digits.Length is 0 or > 3 || (digits[0] == '0' && digits.Length > 1) || !int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > bits)
            {
                error = $"'{text}': expected a prefix length from 0 to {bits} behind the slash";
                return null;
            }
        }

        var network = Masked(address, prefix);
        if (!network.Equals(address))
        {
            error = $"'{text}' has bits behind its prefix; expected {network}/{prefix}, or {address} for the one address";
            return null;
        }

        error = null;
        return Plain(new IPNetwork(address, prefix));
    }

    private static IPNetwork Plain(IPNetwork network) => network is { BaseAddress: { IsIPv4MappedToIPv6: true } address, PrefixLength: >= PrefixOfMapped and var prefix }
        ? new IPNetwork(address.MapToIPv4(), prefix - PrefixOfMapped)
        : network;

    private static IPAddress Masked(IPAddress address, int prefix)
    {
        var bytes = address.GetAddressBytes();
        for (var bit = prefix; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPAddress(bytes);
    }

    // The networks of one family, in a set for each prefix length.
    private sealed class PrefixTable
    {
        private readonly (UInt128 Mask, HashSet<UInt128> Networks)[] _lengths;

        public PrefixTable(int bits, IEnumerable<IPNetwork> networks) =>
            _lengths = [.. networks.GroupBy(network => network.PrefixLength).OrderBy(group => group.Key).Select(group => (MaskOf(bits, group.Key), group.Select(ValueOf).ToHashSet()))];

        public bool Contains(UInt128 address)
        {
            foreach (var (mask, networks) in _lengths)
            {
                if (networks.Contains(address & mask))
                {
                    return true;
                }
            }

            return false;
        }

        // A shift by 128 would be one by 0.
        private static UInt128 MaskOf(int bits, int prefix) => prefix == 0 ? 0 : UInt128.MaxValue << (bits - prefix);

        private static UInt128 ValueOf(IPNetwork network) => network.BaseAddress.GetAddressBytes().Aggregate(UInt128.Zero, (value, next) => (value << 8) | next);
    }
}
