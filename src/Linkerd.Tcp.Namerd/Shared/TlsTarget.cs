using System.Net.Security;

namespace Linkerd.Tcp.Namerd.Shared;

/// <summary>The peer of a TLS connection.</summary>
/// <param name="Text">For a log.</param>
/// <param name="Host">The name that its certificate must be for, unless another one is set.</param>
/// <param name="WantsCertificate">Called with whether it requested a client certificate.</param>
internal sealed record TlsTarget(string Text, string Host, Action<bool> WantsCertificate)
{
    /// <summary>The protocol over it, if that has to be negotiated (ALPN). Default: it has not.</summary>
    public SslApplicationProtocol? Protocol { get; init; }
}
