using System.Globalization;
using System.Net;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Resolving;

/// <summary>A host and a port, as <c>web-1:8080</c>, <c>10.0.0.1:8080</c> or <c>[2001:db8::1]:8080</c>.</summary>
/// <param name="Host">The host as it was written, without brackets.</param>
/// <param name="Port">1 to 65535.</param>
internal readonly record struct HostAddress(string Host, int Port)
{
    /// <summary>The address, if it needs no lookup; null for one with the name of an interface, which comes and goes.</summary>
    public IPAddress? Address => AddressLiteral.HasZoneName(Host) ? null : AddressLiteral.Read(Host);

    /// <exception cref="FormatException">The text is not a host and a port; the message contains the expected form.</exception>
    public static HostAddress Parse(string? text)
    {
        text ??= string.Empty;
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? text : text[..colon];
        var address = AddressLiteral.WithoutBrackets(host).ToString();
        var isAddress = AddressLiteral.HasZoneName(address) || AddressLiteral.Read(address) is not null;
        if (isAddress && address.Contains(':', StringComparison.Ordinal) && address.Length == host.Length)
        {
            throw new FormatException($"brackets were expected around the IPv6 address of '{text}', as in [2001:db8::1]:8080");
        }

        if (!isAddress && (host.Length == 0 ? "a host name or an IP address was expected before the port" : HostName.FindProblem(host)) is { } problem)
        {
            throw new FormatException($"'{text}': {problem}");
        }

        return colon >= 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            ? new HostAddress(address, port)
            : throw new FormatException($"'{text}': a colon and a port from 1 to 65535 were expected after the host");
    }

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
