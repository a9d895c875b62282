using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd;

/// <summary>Parses addresses of namerd's HTTP interface, for example of a command line. Any thread.</summary>
public static class NamerdAddress
{
    /// <summary>The port of namerd's HTTP interface if an address without a scheme has none.</summary>
    public const int DefaultPort = 4180;

    // namerd does not percent-decode a namespace, so it can hold only characters that are sent as they are (RFC 3986, pchar and '/').
    private static readonly SearchValues<char> NamespaceCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/");

    private static readonly string[] Schemes = ["http", "https"];

    /// <summary>Parses <c>host:port</c>, <c>host</c>, <c>[::1]:port</c> or a URL of <c>http</c> or <c>https</c>.</summary>
    /// <returns>The base address, ending in a slash.</returns>
    /// <exception cref="FormatException">The text is none of these; the message contains the reason.</exception>
    public static Uri Parse(string text) => TryParse(text, out var address, out var error) ? address : throw new FormatException(error);

    /// <summary>Parses <c>host:port</c>, <c>host</c>, <c>[::1]:port</c> or a URL of <c>http</c> or <c>https</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The base address, ending in a slash.</param>
    /// <param name="error">The error, with the text and the expected form.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out string? error) =>
        TryParse(text, DefaultPort, Schemes, out address, out error);

    /// <summary>Parses a list of addresses, separated by commas: several namerds.</summary>
    /// <param name="text">The text.</param>
    /// <param name="addresses">The base addresses, in this order, each ending in a slash; at least one.</param>
    /// <param name="error">The error, with the part of the text and the expected form.</param>
    public static bool TryParseList(
        string? text, [NotNullWhen(true)] out IReadOnlyList<Uri>? addresses, [NotNullWhen(false)] out string? error) =>
        TryParseList(text, DefaultPort, Schemes, out addresses, out error);

    /// <summary>Parses a list of addresses of another interface of namerd than the one for HTTP.</summary>
    /// <param name="text">The text.</param>
    /// <param name="defaultPort">The port of an address that has none, other than a URL whose scheme has a port of its own.</param>
    /// <param name="schemes">The accepted schemes, first that of an address without a scheme.</param>
    /// <param name="addresses">The base addresses, in this order, each ending in a slash; at least one.</param>
    /// <param name="error">The error, with the part of the text and the expected form.</param>
    public static bool TryParseList(
        string? text,
        int defaultPort,
        IReadOnlyList<string> schemes,
        [NotNullWhen(true)] out IReadOnlyList<Uri>? addresses,
        [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(schemes);
        addresses = null;
        var list = new List<Uri>();
        foreach (var part in (text ?? string.Empty).Split(','))
        {
            if (!TryParse(part, defaultPort, schemes, out var address, out error))
            {
                return false;
            }

            if (!list.Contains(address))
            {
                list.Add(address);
            }
        }

        (addresses, error) = (list, null);
        return true;
    }

    private static bool TryParse(
        string? text, int defaultPort, IReadOnlyList<string> schemes, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        error = null;
        var trimmed = text?.Trim() ?? string.Empty;
        if (trimmed.Length == 0)
        {
            error = $"it is empty: expected {Expected(defaultPort, schemes)}";
            return false;
        }

        var url = trimmed;
        if (!trimmed.Contains("://", StringComparison.Ordinal))
        {
            var slash = trimmed.IndexOf('/', StringComparison.Ordinal) is >= 0 and var found ? found : trimmed.Length;
            error = CheckHostAndPort(trimmed[..slash], out var hasPort);
            var port = hasPort ? string.Empty : string.Create(CultureInfo.InvariantCulture, $":{defaultPort}");
            url = $"{schemes[0]}://{trimmed[..slash]}{port}{trimmed[slash..]}";
        }

        // RFC 6874 writes the zone of an address in a URL with %25; the resolver of the system takes the zone alone.
        url = url.Replace("%25", "%", StringComparison.Ordinal);
        if (error is null && !Uri.TryCreate(url, UriKind.Absolute, out address))
        {
            error = $"'{trimmed}' is not an address: expected {Expected(defaultPort, schemes)}";
        }

        // A scheme without a port of its own leaves -1.
        if (error is null && address!.Port < 0)
        {
            // Host is without the zone.
            address = new UriBuilder(address) { Host = address.HostNameType == UriHostNameType.IPv6 ? address.IdnHost : address.Host, Port = defaultPort }.Uri;
        }

        error ??= Check(address!, address!.OriginalString, schemes);
        if (error is null && !address!.AbsolutePath.EndsWith('/'))
        {
            address = new Uri(url + "/");
        }

        address = error is null ? address : null;
        return error is null;
    }

    /// <summary>Returns the problem of a base address; null if there is none.</summary>
    internal static string? Check(Uri address) =>
        !address.IsAbsoluteUri ? $"'{address}' is not absolute: expected a URL of http or https"
        : Check(address, address.OriginalString, Schemes);

    private static string Expected(int defaultPort, IReadOnlyList<string> schemes) =>
        string.Create(CultureInfo.InvariantCulture, $"host:port, such as 127.0.0.1:{defaultPort}, or a URL of {string.Join(" or ", schemes)}");

    private static string? Check(Uri address, string text, IReadOnlyList<string> schemes) =>
        !schemes.Contains(address.Scheme) ? $"'{text}' has the scheme '{address.Scheme}': expected {string.Join(" or ", schemes)}"
        : address.Host.Length == 0 ? $"'{text}' has no host: expected host:port, such as 127.0.0.1:4180"
        : UrlHost.Check(text) is { } wrong ? wrong
        : address.Port is < 1 or > ushort.MaxValue ? $"'{text}' has the port {address.Port}: expected 1 to 65535"
        : address.UserInfo.Length > 0 ? $"'{address.Scheme}://{address.Authority}' comes with a user name: namerd knows no users"
        : address.Query.Length > 0 || address.Fragment.Length > 0 ? $"'{text}' has a query or a fragment: expected the base address alone"
        : null;

    /// <summary>Returns a value that indicates whether a text can be a namespace. It is sent as it is, since namerd does not percent-decode it.</summary>
    public static bool IsNamespace([NotNullWhen(true)] string? text) => !string.IsNullOrEmpty(text) && !text.AsSpan().ContainsAnyExcept(NamespaceCharacters);

    private static string? CheckHostAndPort(string text, out bool hasPort)
    {
        var isLiteral = text.StartsWith('[');
        var host = isLiteral ? text.IndexOf(']', StringComparison.Ordinal) + 1 : 0;
        hasPort = text.IndexOf(':', host) >= 0;
        if (isLiteral && (host == 0 || (host < text.Length && text[host] != ':')))
        {
            return $"'{text}' is not an address: expected [address]:port";
        }

        if (!hasPort)
        {
            return null;
        }

        var colon = text.IndexOf(':', host);
        if (!isLiteral && text.IndexOf(':', colon + 1) >= 0)
        {
            return $"'{text}' holds several ':': an IPv6 address stands in brackets, [address]:port";
        }

        var digits = text.AsSpan(colon + 1);
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= ushort.MaxValue
            ? null
            : $"'{text}' has the port '{digits}': expected a number from 1 to 65535";
    }
}
