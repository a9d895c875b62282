using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Namerd;

/// <summary>
/// Reads the addresses of namerd: dotted quads, and IPv6 without brackets and with or without a zone. Stricter than
/// <see cref="IPAddress.TryParse(ReadOnlySpan{char}, out IPAddress)"/>, to which "1" is an address, and a zone that does not exist is none.
/// </summary>
internal static class AddressReader
{
    public static IPAddress? Read(ReadOnlySpan<char> text) => text.Contains(':') ? ReadV6(text) : ReadV4(text);

    private static IPAddress? ReadV4(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[4];
        var rest = text;
        for (var i = 0; i < bytes.Length; i++)
        {
            var length = i == 3 ? rest.Length : rest.IndexOf('.');
            if (length < 0 || !TryReadByte(rest[..length], out bytes[i]))
            {
                return null;
            }

            rest = i == 3 ? [] : rest[(length + 1)..];
        }

        return new IPAddress(bytes);
    }

    private static bool TryReadByte(ReadOnlySpan<char> digits, out byte value)
    {
        // A leading zero is octal to some readers and decimal to others.
        value = 0;
        var isOctal = digits.Length > 1 && digits[0] == '0';
        return digits.Length is > 0 and <= 3 && !isOctal && !digits.ContainsAnyExceptInRange('0', '9')
            && byte.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    private static IPAddress? ReadV6(ReadOnlySpan<char> text)
    {
        if (text.ContainsAny("[]") || !IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return null;
        }

        var zone = text.IndexOf('%');
        return zone >= 0 && address.ScopeId == 0 && text[(zone + 1)..] is not "0" ? null
            : address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
            : address;
    }
}
