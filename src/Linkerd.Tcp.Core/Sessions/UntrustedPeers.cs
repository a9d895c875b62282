using Linkerd.Tcp.Proxying;

namespace Linkerd.Tcp.Sessions;

/// <summary>Specifies the treatment of a peer that is not trusted to send a PROXY header, at a listener that accepts it (<see cref="AcceptProxyOptions"/>).</summary>
public enum UntrustedPeers
{
    /// <summary>It is reset at once (<see cref="RejectReason.ProxyProtocol"/>): no byte of it is read.</summary>
    Refuse = 0,

    /// <summary>It is a client itself: its bytes go to the server unread, also those that look like a header.</summary>
    Plain,
}
