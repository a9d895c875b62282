using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.ProxyProtocol;

/// <summary>Reads the line of version 1 (section 2.1 of proxy-protocol.txt).</summary>
internal static class ProxyLineReader
{
    private const byte Cr = (byte)'\r';
    private const byte Lf = (byte)'\n';
    private const byte Space = (byte)' ';
    private const int MaxPortDigits = 5;
    private static readonly SearchValues<byte> OfV6 = SearchValues.Create("0123456789abcdefABCDEF:."u8);

    /// <summary>Reads from bytes that begin with all or a part of <see cref="ProxyFormat.LinePrefix"/>.</summary>
    public static ProxyReadResult Read(ReadOnlySpan<byte> bytes)
    {
        var end = bytes[..Math.Min(bytes.Length, ProxyFormat.MaxLineLength)].IndexOfAny(Cr, Lf);
        if (end == ProxyFormat.MaxLineLength - 1 || (end < 0 && bytes.Length >= ProxyFormat.MaxLineLength))
        {
            return ProxyReadResult.Invalid($"the PROXY line does not end within {ProxyFormat.MaxLineLength} bytes; expected CRLF");
        }

        if (end < 0 || (bytes[end] == Cr && end + 1 == bytes.Length))
        {
            return ProxyReadResult.NeedsMore;
        }

        if (bytes[end] == Lf || bytes[end + 1] != Lf)
        {
            return ProxyReadResult.Invalid($"the PROXY line has a {(bytes[end] == Lf ? "LF without a CR before it" : "CR without a LF behind it")} at offset {end}; expected CRLF at its end");
        }

        return ReadFields(bytes[..end], end + 2);
    }

    private static ProxyReadResult ReadFields(ReadOnlySpan<byte> line, int consumed)
    {
        var at = ProxyFormat.LinePrefix.Length;
        if (line.Length < at)
        {
            return Wrong("the line", line, 0, "PROXY and a space");
        }

        var protocol = Take(line, ref at, out var start);
        if (protocol.SequenceEqual("UNKNOWN"u8))
        {
            // "the receiver must ignore anything presented before the CRLF"
            return new(new ProxyHeader(ProxyCommand.Proxy, null, null, default(ReadOnlyMemory<byte>)), consumed);
        }

        var isV6 = protocol.SequenceEqual("TCP6"u8);
        if (!isV6 && !protocol.SequenceEqual("TCP4"u8))
        {
            return Wrong("the protocol", protocol, start, "TCP4, TCP6 or UNKNOWN");
        }

        Span<Range> places = stackalloc Range[4];
        for (var i = 0; i < places.Length; i++)
        {
            var field = Take(line, ref at, out start);
            places[i] = start..(start + field.Length);
        }

        var expected = isV6 ? "an IPv6 address" : "an IPv4 address: four numbers from 0 to 255 without leading zeros";
        if (ReadAddress(line[places[0]], isV6) is not { } source)
        {
            return Wrong("the source address", line[places[0]], places[0].Start.Value, expected);
        }

        if (ReadAddress(line[places[1]], isV6) is not { } destination)
        {
            return Wrong("the destination address", line[places[1]], places[1].Start.Value, expected);
        }

        const string Port = "a number from 0 to 65535 without leading zeros";
        var sourcePort = ReadPort(line[places[2]]);
        if (sourcePort < 0)
        {
            return Wrong("the source port", line[places[2]], places[2].Start.Value, Port);
        }

        var destinationPort = ReadPort(line[places[3]]);
        if (destinationPort < 0)
        {
            return Wrong("the destination port", line[places[3]], places[3].Start.Value, Port);
        }

        return at <= line.Length
            ? Wrong("what follows the ports", line[(at - 1)..], at - 1, "CRLF")
            : new(new ProxyHeader(ProxyCommand.Proxy, new IPEndPoint(source, sourcePort), new IPEndPoint(destination, destinationPort), default(ReadOnlyMemory<byte>)), consumed);
    }

    // Takes the field up to one space or the end. Behind the end, fields are empty and the position is one further.
    private static ReadOnlySpan<byte> Take(ReadOnlySpan<byte> line, ref int at, out int start)
    {
        start = Math.Min(at, line.Length);
        var field = line[start..];
        var space = field.IndexOf(Space);
        field = space < 0 ? field : field[..space];
        at = start + field.Length + 1;
        return field;
    }

    private static IPAddress? ReadAddress(ReadOnlySpan<byte> text, bool isV6) => isV6 ? ReadV6(text) : ReadV4(text);

    private static IPAddress? ReadV4(ReadOnlySpan<byte> text)
    {
        Span<byte> address = stackalloc byte[4];
        for (var i = 0; i < address.Length; i++)
        {
            var length = i == address.Length - 1 ? text.Length : text.IndexOf((byte)'.');
            var number = length < 0 ? -1 : ReadNumber(text[..length], 3);
            if (number is < 0 or > byte.MaxValue)
            {
                return null;
            }

            address[i] = (byte)number;
            text = i == address.Length - 1 ? [] : text[(length + 1)..];
        }

        return new IPAddress(address);
    }

    // Zones, brackets and prefixes are not part of an address here. inet_ntop(3), and so HAProxy, prints the last 32 bits of a mapped address as IPv4.
    private static IPAddress? ReadV6(ReadOnlySpan<byte> text)
    {
        if (text.ContainsAnyExcept(OfV6) || !text.Contains((byte)':')
            || (text.Contains((byte)'.') && ReadV4(text[(text.LastIndexOf((byte)':') + 1)..]) is null)
            || !IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    private static int ReadPort(ReadOnlySpan<byte> text) => ReadNumber(text, MaxPortDigits) is var port && port <= ushort.MaxValue ? port : -1;

    // -1 if it is not a number, or has a leading zero.
    private static int ReadNumber(ReadOnlySpan<byte> digits, int most) =>
        digits.Length >= 1 && digits.Length <= most && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9') && (digits[0] != '0' || digits.Length == 1)
            ? int.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture)
            : -1;

    private static ProxyReadResult Wrong(string what, ReadOnlySpan<byte> found, int at, string expected) =>
        ProxyReadResult.Invalid($"{what} of the PROXY line, at offset {at}, is {ProxyFormat.Quote(found)}; expected {expected}");
}
