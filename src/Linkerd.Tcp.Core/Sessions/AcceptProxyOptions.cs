using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Proxying;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Represents the options of a listener that accepts the PROXY protocol, version 1 and 2, from the proxies before it. Headers are not detected: a header is required from the peers that are
/// trusted to send it, and is not looked for from others.
/// </summary>
public sealed class AcceptProxyOptions
{
    /// <summary>
    /// Gets or sets the networks of the proxies that send the header. An IPv4 peer in IPv6 form counts as IPv4. Null, the default: none. At least one network is required, unless
    /// <see cref="TrustUnixPeers"/> is set.
    /// </summary>
    public ClientNetworks? Trusted { get; set; }

    /// <summary>
    /// Gets or sets a value that indicates whether the peers of a listener on a Unix-domain socket send the header: a process that may open the socket's file may then name any client. Default: false.
    /// </summary>
    public bool TrustUnixPeers { get; set; }

    /// <summary>
    /// Gets or sets a value that indicates whether a peer that is not trusted is accepted as a client itself: its bytes go to the server unread, also those that look like a header.
    /// Default: false, it is reset at once (<see cref="RejectReason.ProxyProtocol"/>), and no byte of it is read.
    /// </summary>
    public bool AcceptUntrusted { get; set; }

    internal AcceptProxyOptions Copy() => (AcceptProxyOptions)MemberwiseClone();

    internal void Validate(OptionsValidator validator)
    {
        validator.Expect(TrustUnixPeers || Trusted is { Networks.Length: > 0 }, Trusted, $"at least one network, or {nameof(TrustUnixPeers)},");
    }
}
