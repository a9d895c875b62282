using System.Globalization;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Hosting.Values;

/// <summary>Checks the texts in options of TLS, so that errors name the option. Core checks them too.</summary>
internal static class TlsText
{
    /// <summary>The placeholder of the server name that the client sent.</summary>
    public const string ClientName = "{sni}";

    /// <summary>The placeholder of the application protocol that was negotiated with the client.</summary>
    public const string ClientProtocol = "{alpn}";

    private const int MaxProtocol = 255;
    private const int MaxLabel = 32;
    private const int MaxOpenSslName = 64;

    /// <summary>Returns true if a text can be the path of a file. The content of a PEM file is sometimes given in its place.</summary>
    public static bool IsFile(string text) => !string.IsNullOrWhiteSpace(text) && !text.Contains('\0', StringComparison.Ordinal) && !IsPem(text);

    /// <summary>Returns true if a text is the content of a PEM file (RFC 7468), which may have a private key.</summary>
    public static bool IsPem(string text) => text.Contains("-----BEGIN ", StringComparison.Ordinal);

    /// <summary>Returns true if a text is an application protocol (RFC 7301).</summary>
    public static bool IsProtocol(string text) => text is { Length: > 0 and <= MaxProtocol } && text.All(static c => c is > ' ' and <= '~' and not (',' or '{' or '}'));

    /// <summary>Returns true if a text can be a name in the lists of OpenSSL: of a group, a signature algorithm or a cipher suite. The library knows which there are.</summary>
    public static bool IsOpenSslName(string text, bool allowPlus = false) => text is { Length: > 0 and <= MaxOpenSslName } && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' || (allowPlus && c == '+'));

    /// <summary>Returns true if a text is a name that a certificate can have: a host name, a pattern such as <c>*.example.com</c>, an IP address, or a URI.</summary>
    public static bool IsPeerName(string text)
    {
        if (text.Length == 0 || text.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c) || c is ',' or '{' or '}'))
        {
            return false;
        }

        var star = text.IndexOf('*', StringComparison.Ordinal);
        if (text.Contains("://", StringComparison.Ordinal))
        {
            return text.All(char.IsAscii) && (star < 0 || (star == text.Length - 1 && text.EndsWith("/*", StringComparison.Ordinal) && text.StartsWith("spiffe://", StringComparison.OrdinalIgnoreCase)));
        }

        return AddressLiteral.Read(text) is not null || IsHost(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text);
    }

    /// <summary>Returns true if a text is a host name or an IP address, with the placeholders <c>{sni}</c>, <c>{1}</c> to <c>{32}</c>, or none.</summary>
    public static bool IsTemplate(string text)
    {
        var parts = text.Replace(ClientName, "x", StringComparison.Ordinal).Split('{');
        for (var i = 1; i < parts.Length; i++)
        {
            var end = parts[i].IndexOf('}', StringComparison.Ordinal);
            if (end <= 0 || !int.TryParse(parts[i].AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out var label) || label is < 1 or > MaxLabel)
            {
                return false;
            }

            parts[i] = "x" + parts[i][(end + 1)..];
        }

        var example = string.Concat(parts);
        return IsPeerName(example) && !example.Contains('*', StringComparison.Ordinal) && !example.Contains("://", StringComparison.Ordinal);
    }

    private static bool IsHost(string text)
    {
        try
        {
            var ascii = text.All(char.IsAscii) ? text : new IdnMapping().GetAscii(text);
            return HostName.IsValid(ascii) && !AddressLiteral.IsAmbiguous(ascii);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
