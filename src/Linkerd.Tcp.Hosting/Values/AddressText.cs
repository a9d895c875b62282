using System.Globalization;
using System.Net;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The text form of addresses: <c>127.0.0.1:7575</c>, <c>[::1]:7575</c>, <c>:7575</c>, <c>7575</c>.</summary>
internal static class AddressText
{
    /// <summary>Reads an address to listen on; port 0 means any free one, and a port alone that of every IPv4 address.</summary>
    /// <exception cref="InvalidValueException">The text is not an address.</exception>
    public static IPEndPoint ParseListen(string text)
    {
        const string Expected = "expected an IP address and a port, such as 127.0.0.1:7575 or [::1]:7575, or a port alone";
        var colon = text.LastIndexOf(':');
        if (colon < 0 && text.All(char.IsAsciiDigit))
        {
            (text, colon) = (':' + text, 0);
        }

        if (colon < 0 || text.EndsWith(']'))
        {
            throw new InvalidValueException($"the port is missing; {Expected}");
        }

        var host = text[..colon];
        if (host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('['))
        {
            throw new InvalidValueException($"an IPv6 address goes in brackets; {Expected}");
        }

        if (!ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw new InvalidValueException($"'{text[(colon + 1)..]}' is not a port from 0 to 65535; {Expected}");
        }

        return new IPEndPoint(host.Length == 0 ? IPAddress.Any : AddressLiteral.Read(AddressLiteral.WithoutBrackets(host)) ?? throw new InvalidValueException(Describe(host, Expected)), port);
    }

    /// <summary>Reads an IP address to listen on.</summary>
    /// <exception cref="InvalidValueException">The text is not an address.</exception>
    public static IPAddress ParseAddress(string text) => AddressLiteral.Read(AddressLiteral.WithoutBrackets(text)) ?? throw new InvalidValueException(Describe(text, "expected an IP address"));

    /// <summary>Reads IP addresses.</summary>
    /// <exception cref="InvalidValueException">An item is not an address.</exception>
    public static IReadOnlyList<IPAddress> ParseAddresses(IReadOnlyList<string> items) =>
        [.. items.Select(static address =>
            AddressLiteral.Read(AddressLiteral.WithoutBrackets(address)) ?? throw new InvalidValueException($"'{address}' is not an IP address; expected such as 10.0.0.1,fd00::1, or off"))];

    /// <summary>Reads addresses of servers.</summary>
    /// <exception cref="InvalidValueException">An item is not an address.</exception>
    public static IReadOnlyList<IPEndPoint> ParseServers(IReadOnlyList<string> items) =>
    [
        .. items.Select(static server => server.LastIndexOf(':') is var colon and > 0
            && AddressLiteral.Read(AddressLiteral.WithoutBrackets(server.AsSpan(0, colon))) is { } address
            && ushort.TryParse(server.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
                ? new IPEndPoint(address, port)
                : throw new InvalidValueException($"'{server}' is not an IP address and a port; expected such as 10.0.0.1:80,[fd00::1]:80")),
    ];

    private static string Describe(string host, string expected) =>
        AddressLiteral.WithoutBrackets(host) is var literal && AddressLiteral.HasZoneName(literal)
            ? $"there is no network interface '{literal[(literal.IndexOf('%') + 1)..]}'; {expected}"
            : $"'{host}' is not an IP address, and a host name cannot be listened on; {expected} (0.0.0.0 or [::] for every address of this machine)";
}
