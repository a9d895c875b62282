using System.Globalization;
using System.Net;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>
/// Represents a name that a peer's certificate must have: a host name, a pattern of host names (<c>*.example.com</c>, one label), an IP address, a URI, or the SPIFFE IDs below a path
/// (<c>spiffe://example.org/*</c>, any depth). Immutable.
/// </summary>
internal sealed class PeerName
{
    private const string Spiffe = "spiffe://";
    private readonly string _text;
    private readonly IPAddress? _address;
    private readonly bool _isUri;

    private PeerName(string text, IPAddress? address = null, bool isUri = false) => (_text, _address, _isUri) = (text, address, isUri);

    private bool IsSpiffe => _isUri && _text.StartsWith(Spiffe, StringComparison.Ordinal);

    /// <summary>Reads a name.</summary>
    /// <param name="text">The text; a host name may have characters other than ASCII, and a dot at its end.</param>
    /// <param name="name">The name.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string? text, out PeerName name)
    {
        name = null!;
        if (string.IsNullOrEmpty(text) || text.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c)))
        {
            return false;
        }

        if (text.Contains("://", StringComparison.Ordinal))
        {
            // The scheme and the trust domain are the same in any case, the rest is not (SPIFFE-ID, 2).
            var isSpiffe = text.StartsWith(Spiffe, StringComparison.OrdinalIgnoreCase);
            var uri = isSpiffe ? LowerDomain(text) : text;
            if (!uri.All(char.IsAscii) || uri.IndexOf('*') is var star && star >= 0 && (!isSpiffe || star != uri.Length - 1 || !uri.EndsWith("/*", StringComparison.Ordinal) || uri.Length <= Spiffe.Length + 2))
            {
                return false;
            }

            name = new(uri, isUri: true);
            return true;
        }

        if (AddressLiteral.Read(text) is { } address)
        {
            name = new(address.ToString(), address);
            return true;
        }

        try
        {
            var host = text.EndsWith('.') ? text[..^1] : text;
            host = host.All(char.IsAscii) ? host : new IdnMapping().GetAscii(host);
            name = new(host.ToLowerInvariant());
            return HostPattern.IsValid(host) && !AddressLiteral.IsAmbiguous(host);
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Returns whether a certificate has this name.</summary>
    public bool Matches(CertificateNames names)
    {
        if (_address is not null)
        {
            return names.Addresses.Contains(_address);
        }

        if (_isUri)
        {
            // A certificate for a workload has one URI (X.509-SVID, 2).
            return IsSpiffe ? names.Uris is [var id] && MatchesSpiffe(id) : names.Uris.Contains(_text, StringComparer.Ordinal);
        }

        return HostPattern.IsWildcard(_text) ? names.Dns.Any(name => name == _text || HostPattern.Covers(_text, name)) : names.Dns.Any(name => HostPattern.Covers(name, _text));
    }

    public override string ToString() => _text;

    private bool MatchesSpiffe(string id)
    {
        if (!id.StartsWith(Spiffe, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var own = LowerDomain(id);
        return _text.EndsWith('*') ? own.StartsWith(_text[..^1], StringComparison.Ordinal) && own.Length >= _text.Length && IsNormal(own) : own == _text;
    }

    // A path with dots or empty segments is no SPIFFE ID, and must not pass for one below another path.
    private static bool IsNormal(string id) => id[Spiffe.Length..].Split('/') is var segments && segments.All(static segment => segment is not ("" or "." or ".."))
        && !id.AsSpan().ContainsAny("?#%@");

    private static string LowerDomain(string uri)
    {
        var end = uri.IndexOf('/', Spiffe.Length);
        return end < 0 ? uri.ToLowerInvariant() : string.Concat(uri[..end].ToLowerInvariant(), uri.AsSpan(end));
    }
}
