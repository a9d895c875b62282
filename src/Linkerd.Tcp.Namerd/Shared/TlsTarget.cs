using System.Net.Security;

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>Whom a connection of TLS leads to.</summary>
/// <param name="Text">For a log.</param>
/// <param name="Host">The name that its certificate must be for, unless another one is set.</param>
/// <param name="WantsCertificate">Is told whether it asked for a client certificate.</param>
internal sealed record TlsTarget(string Text, string Host, Action<bool> WantsCertificate)
{
    /// <summary>What is spoken over it, where that has to be agreed on (ALPN). Default: it has not.</summary>
    public SslApplicationProtocol? Protocol { get; init; }
}
