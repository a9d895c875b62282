using System.Diagnostics.CodeAnalysis;
using Linkerd.Tcp.Namerd.Shared;

namespace Linkerd.Tcp.Namerd.Mesh;

/// <summary>Parses addresses of namerd's gRPC interface, for example of a command line. Any thread.</summary>
public static class MeshAddress
{
    /// <summary>The port of namerd's gRPC interface if an address has none.</summary>
    public const int DefaultPort = 4321;

    /// <summary>The scheme of cleartext HTTP/2.</summary>
    public const string Scheme = "mesh";

    /// <summary>The scheme of TLS.</summary>
    public const string TlsScheme = "meshs";

    private const string Expected = "expected mesh://host:port, such as mesh://127.0.0.1:4321, or meshs:// for TLS";

    /// <summary>Returns a value that indicates whether a text is meant as an address of this interface: it begins with <c>mesh://</c> or <c>meshs://</c>, in any case.</summary>
    public static bool IsMesh([NotNullWhen(true)] string? text)
    {
        var trimmed = text.AsSpan().TrimStart();
        return trimmed.StartsWith("mesh://", StringComparison.OrdinalIgnoreCase) || trimmed.StartsWith("meshs://", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Parses <c>mesh://host:port</c> or <c>meshs://host:port</c>; without a port it is <see cref="DefaultPort"/>.</summary>
    /// <returns>The address, with its port.</returns>
    /// <exception cref="FormatException">The text is neither; the message contains the reason.</exception>
    public static Uri Parse(string text) => TryParse(text, out var address, out var error) ? address : throw new FormatException(error);

    /// <summary>Parses <c>mesh://host:port</c> or <c>meshs://host:port</c>; without a port it is <see cref="DefaultPort"/>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="address">The address, with its port.</param>
    /// <param name="error">The error, with the text and the expected form.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Uri? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        var trimmed = text?.Trim() ?? string.Empty;

        // RFC 6874 writes the zone of an address in a URL with %25; the resolver of the system takes the zone alone.
        error = trimmed.Length == 0 ? $"it is empty: {Expected}"
            : !Uri.TryCreate(trimmed.Replace("%25", "%", StringComparison.Ordinal), UriKind.Absolute, out address) ? $"'{trimmed}' is not an address: {Expected}"
            : Check(address);
        address = error is null ? address : null;
        if (address is { Port: < 0 })
        {
            // Host is without the zone.
            address = new UriBuilder(address) { Host = address.HostNameType == UriHostNameType.IPv6 ? address.IdnHost : address.Host, Port = DefaultPort }.Uri;
        }

        return error is null;
    }

    /// <summary>Returns the problem of an address; null if there is none.</summary>
    internal static string? Check(Uri address) =>
        !address.IsAbsoluteUri ? $"'{address}' is not absolute: {Expected}"
        : address.Scheme is not (Scheme or TlsScheme) ? $"'{address.OriginalString}' has the scheme '{address.Scheme}': expected mesh or meshs"
        : address.Host.Length == 0 ? $"'{address.OriginalString}' has no host: {Expected}"
        : UrlHost.Check(address.OriginalString) is { } wrong ? wrong
        : address.Port is 0 ? $"'{address.OriginalString}' has the port 0: expected 1 to 65535"
        : address.UserInfo.Length > 0 ? $"'{address.Scheme}://{address.Authority}' comes with a user name: namerd knows no users"
        : address.AbsolutePath is not ("" or "/") || address.Query.Length > 0 || address.Fragment.Length > 0
            ? $"'{address.OriginalString}' goes on behind the host and port: {Expected}"
        : null;
}
