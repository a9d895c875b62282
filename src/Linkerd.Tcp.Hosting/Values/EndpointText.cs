using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>The text form of servers' addresses: <c>web:80</c>, <c>127.0.0.1:8080</c>, <c>[::1]:8080</c>, or several with commas.</summary>
internal static class EndpointText
{
    private const string Scheme = "://";
    private const string Expected = "expected a host and a port, such as 127.0.0.1:8080, [::1]:8080 or web:8080";

    /// <summary>Returns true if a text without a slash at its beginning is meant for an address, rather than a name whose first slash is missing.</summary>
    public static bool IsMeant(string text) => !text.Contains('/', StringComparison.Ordinal) || text.Contains(Scheme, StringComparison.Ordinal);

    /// <summary>Reads one address, or several with commas, which are one set of equal endpoints.</summary>
    /// <returns>A name under <c>/$/inet</c>, or <c>/$/inets</c> if there are several.</returns>
    /// <exception cref="InvalidValueException">The text is not an address; the message contains the reason.</exception>
    public static string ToName(string text)
    {
        var endpoints = text.Split(',', StringSplitOptions.TrimEntries).Select(Read).ToList();
        return (endpoints.Count == 1 ? "/$/inet/" : "/$/inets/") + string.Join('/', endpoints);
    }

    // As two labels.
    private static string Read(string text)
    {
        if (text.Length == 0)
        {
            throw new InvalidValueException($"an address is missing beside ','; {Expected}");
        }

        if (text.Contains(Scheme, StringComparison.Ordinal))
        {
            throw new InvalidValueException($"'{text}' is a URL, and this forwards connections whatever they carry; {Expected}");
        }

        var colon = text.LastIndexOf(':');
        if (colon < 0 || text.EndsWith(']'))
        {
            throw new InvalidValueException(text.All(char.IsAsciiDigit)
                ? $"'{text}' has no host; expected localhost:{text}, or the host of another machine"
                : $"'{text}' has no port; {Expected}; or a name such as /svc/foo");
        }

        var (host, port) = (text[..colon], text[(colon + 1)..]);
        if (!ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
        {
            throw new InvalidValueException($"'{port}' in '{text}' is not a port from 1 to 65535; {Expected}");
        }

        return $"{ReadHost(host, text)}/{number.ToString(CultureInfo.InvariantCulture)}";
    }

    private static string ReadHost(string host, string text)
    {
        if (host.Length == 0)
        {
            throw new InvalidValueException($"'{text}' has no host; expected localhost{text}, or the host of another machine");
        }

        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            return IPAddress.TryParse(host[1..^1], out var address) && address.AddressFamily == AddressFamily.InterNetworkV6
                ? host[1..^1] : throw new InvalidValueException($"'{host}' in '{text}' is not an IPv6 address; {Expected}");
        }

        if (host.Contains(':', StringComparison.Ordinal))
        {
            throw new InvalidValueException(IPAddress.TryParse(host, out _) || IPAddress.TryParse(text, out _)
                ? $"the IPv6 address of '{text}' goes in brackets; {Expected}"
                : $"'{text}' has more than one ':'; {Expected}");
        }

        if (AddressLiteral.IsAmbiguous(host))
        {
            throw new InvalidValueException($"'{host}' in '{text}' is neither a host name nor an IP address; expected {AddressLiteral.Expected}");
        }

        var ascii = ToAscii(host) ?? throw Wrong(host, text);
        return ascii.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') ? ascii : throw Wrong(host, text);
    }

    // A name server has names of other alphabets as IDNA encodes them (RFC 5891).
    private static string? ToAscii(string host)
    {
        try
        {
            return host.All(char.IsAscii) ? host : new IdnMapping().GetAscii(host.ToLowerInvariant());
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static InvalidValueException Wrong(string host, string text) => new($"'{host}' in '{text}' is neither a host name nor an IP address; {Expected}");
}
