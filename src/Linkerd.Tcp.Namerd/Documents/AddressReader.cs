using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Namerd;

/// <summary>
/// Reads the addresses of namerd: dotted quads, and IPv6 without brackets and with or without a zone. Stricter than
/// <see cref="IPAddress.TryParse(string, out IPAddress)"/>, to which "1" is an address, and a zone that does not exist is none.
/// </summary>
internal static class AddressReader
{
    public static IPAddress? Read(string text) => text.Contains(':', StringComparison.Ordinal) ? ReadV6(text) : ReadV4(text);

    private static IPAddress? ReadV4(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[4];
        var count = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];

            // A leading zero is octal to some readers and decimal to others.
            var isOctal = part.Length > 1 && part[0] == '0';
            if (count == 4 || part.Length is 0 or > 3 || isOctal || part.ContainsAnyExceptInRange('0', '9') || !byte.TryParse(part, out var value))
            {
                return null;
            }

            bytes[count++] = value;
        }

        return count == 4 ? new IPAddress(bytes) : null;
    }

    private static IPAddress? ReadV6(string text)
    {
        if (text.AsSpan().ContainsAny("[]") || !IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        var zone = text.IndexOf('%', StringComparison.Ordinal);
        return zone >= 0 && address.ScopeId == 0 && text[(zone + 1)..] != "0" ? null
            : address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
            : address;
    }

}
