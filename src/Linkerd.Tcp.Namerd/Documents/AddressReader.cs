using System.Net;
using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Namerd.Documents;

/// <summary>Reads the addresses of namerd: dotted quads, and IPv6 without brackets and with or without a zone; an IPv4 address within IPv6 is IPv4.</summary>
internal static class AddressReader
{
    public static IPAddress? Read(ReadOnlySpan<char> text) =>
        AddressLiteral.Read(text) is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address) : null;
}
