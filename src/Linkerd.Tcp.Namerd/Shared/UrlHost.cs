using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>The host of a URL.</summary>
internal static class UrlHost
{
    /// <summary>Returns the problem of a URL's host in its original form, which <see cref="Uri"/> reads as inet_aton(3) does; null if there is none.</summary>
    public static string? Check(string text)
    {
        var start = text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? scheme + 3 : 0;
        var authority = text.AsSpan(start);
        authority = authority.IndexOfAny("/?#") is >= 0 and var end ? authority[..end] : authority;
        authority = authority[(authority.LastIndexOf('@') + 1)..];
        var host = authority.IndexOf(':') is >= 0 and var colon ? authority[..colon] : authority;
        return AddressLiteral.IsAmbiguous(host) ? $"'{host}' is neither an address nor a host name: expected {AddressLiteral.Expected}" : null;
    }
}
