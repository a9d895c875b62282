using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Security.Certificates;

/// <summary>
/// Matches host names with the DNS names of certificates (RFC 9525, 6.3): without regard to case; a wildcard is the whole leftmost label, stands for exactly one label, and has at least two
/// labels behind it, as OpenSSL wants it.
/// </summary>
internal static class HostPattern
{
    /// <summary>Returns whether a text is a host name, or one with a wildcard as its leftmost label.</summary>
    public static bool IsValid(string name) => !name.EndsWith('.') && HostName.IsValid(IsWildcard(name) ? name[2..] : name);

    public static bool IsWildcard(string name) => name.StartsWith("*.", StringComparison.Ordinal);

    /// <summary>Returns whether a pattern of a certificate covers a host name without a dot at its end.</summary>
    public static bool Covers(string pattern, ReadOnlySpan<char> host)
    {
        if (!IsWildcard(pattern))
        {
            return host.Equals(pattern, StringComparison.OrdinalIgnoreCase);
        }

        var suffix = pattern.AsSpan(1);
        return suffix[1..].Contains('.') && host.IndexOf('.') is var dot and > 0 && host[dot..].Equals(suffix, StringComparison.OrdinalIgnoreCase);
    }
}
