using System.Net.Security;
using System.Security.Authentication;
using Linkerd.Tcp.Security.Certificates;

namespace Linkerd.Tcp.Security.Handshakes;

/// <summary>Makes of options what SslStream takes.</summary>
internal static class TlsText
{
    public static SslProtocols VersionsFrom(TlsVersion minimum) => minimum == TlsVersion.Tls13 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13;

    public static List<SslApplicationProtocol>? ProtocolsOf(IReadOnlyList<string> names) => names.Count == 0 ? null : [.. names.Select(static name => new SslApplicationProtocol(name))];

    public static PeerName[] ParseNames(IReadOnlyList<string> names) => [.. names.Select(static name => PeerName.TryParse(name, out var parsed) ? parsed : throw new ArgumentException($"'{name}' is no name.", nameof(names)))];
}
