using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Infrastructure;

/// <summary>
/// Parses IP addresses in the same way for all sources. IPv4 is four decimal numbers without leading zeros (RFC 6943, 3.1.1, describes the problems of other
/// forms: <c>010.0.0.1</c> is 8.0.0.1 to inet_aton(3) and .NET, and 10.0.0.1 to Java), IPv6 is as in RFC 4291, with or without a zone and without brackets.
/// Any thread. For the packages of this project; it may change in any version.
/// </summary>
public static class AddressLiteral
{
    /// <summary>A description of an IPv4 address, for the message if a text <see cref="IsAmbiguous"/>.</summary>
    public const string Expected = "an IPv4 address of four decimal numbers without leading zeros, such as 10.0.0.1";

    // IF_NAMESIZE is 16 on Linux; other systems have longer names.
    private const int MaxZoneLength = 64;
    private static readonly SearchValues<char> NotOfZone = SearchValues.Create("%[]/ \t");
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdefABCDEF");

    /// <summary>Parses an address; returns null if the text is not an address, or if the interface of its zone does not exist now.</summary>
    public static IPAddress? Read(ReadOnlySpan<char> text) => text.Contains(':') ? ReadV6(text) : ReadV4(text);

    /// <summary>Returns a value that indicates whether a text is an IPv6 address with the name of an interface as its zone, so that it means another address,
    /// or none, when interfaces change.</summary>
    public static bool HasZoneName(ReadOnlySpan<char> text)
    {
        var percent = text.IndexOf('%');
        if (percent < 0 || !text[..percent].Contains(':'))
        {
            return false;
        }

        var zone = text[(percent + 1)..];
        return zone.Length is > 0 and <= MaxZoneLength && zone.ContainsAnyExceptInRange('0', '9') && !zone.ContainsAny(NotOfZone) && ReadV6(text[..percent]) is not null;
    }

    /// <summary>Returns an address without the brackets that may enclose an IPv6 address.</summary>
    public static ReadOnlySpan<char> WithoutBrackets(ReadOnlySpan<char> text) => text is ['[', .. var inner, ']'] && inner.Contains(':') ? inner : text;

    /// <summary>
    /// Returns a value that indicates whether a text is neither an address nor a host name: nothing but numbers, which getaddrinfo(3) would take for an IPv4 address in its own way.
    /// </summary>
    public static bool IsAmbiguous(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || ReadV4(text) is not null)
        {
            return false;
        }

        text = text[^1] == '.' ? text[..^1] : text;
        foreach (var range in text.Split('.'))
        {
            var label = text[range];
            var isHexadecimal = label is ['0', 'x' or 'X', ..] && !label[2..].ContainsAnyExcept(Hexadecimal);
            if (label.IsEmpty || (!isHexadecimal && label.ContainsAnyExceptInRange('0', '9')))
            {
                return false;
            }
        }

        return true;
    }

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

        // .NET takes a zone that does not exist for none at all.
        var zone = text.IndexOf('%');
        return zone >= 0 && address.ScopeId == 0 && text[(zone + 1)..] is not "0" ? null : address;
    }
}
