using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Proxying;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// Decides which peers may connect to a listener, and which of them may name a client in a PROXY header. Neither a peer nor the client that it names may be on the deny list; with an allow list, the
/// client must be on it, which is the peer itself unless a header names another. Immutable; any thread.
/// </summary>
internal sealed class ClientAccess
{
    private readonly AcceptProxyOptions? _proxies;
    private readonly NetworkRules _peers;
    private readonly NetworkRules _clients;
    private readonly string? _untrusted;

    private ClientAccess(ClientNetworks? allow, ClientNetworks? deny, AcceptProxyOptions? proxies)
    {
        _proxies = proxies;
        _peers = new NetworkRules(deny: deny);
        _clients = new NetworkRules(allow, deny);
        _untrusted = proxies is null ? null : $"PROXY headers are accepted from {(object?)proxies.Trusted ?? "Unix-domain sockets"} only";
    }

    /// <summary>Creates the rules of a listener; null if every peer may connect, and none sends a header.</summary>
    public static ClientAccess? Create(ClientNetworks? allow, ClientNetworks? deny, AcceptProxyOptions? proxies) =>
        allow is null && deny is null && proxies is null ? null : new(allow, deny, proxies);

    /// <summary>Returns true if a peer is trusted to send a header, which it must then.</summary>
    public bool Trusts(EndPoint listener, EndPoint? peer) =>
        _proxies is not null && (listener is UnixDomainSocketEndPoint ? _proxies.TrustUnixPeers : _proxies.Trusted?.Contains(peer) == true);

    /// <summary>Checks the peer of a connection that was accepted, before any byte is read.</summary>
    /// <param name="listener">The address of the listener.</param>
    /// <param name="peer">The remote address of the socket.</param>
    /// <param name="detail">A description for the log, if it is refused.</param>
    public RejectReason CheckPeer(EndPoint listener, EndPoint? peer, out string? detail)
    {
        if (Trusts(listener, peer))
        {
            return Check(_peers, listener, peer, out detail);
        }

        if (_proxies is { AcceptUntrusted: false })
        {
            detail = _untrusted;
            return RejectReason.ProxyProtocol;
        }

        return Check(_clients, listener, peer, out detail);
    }

    /// <summary>Checks the client of a trusted peer, once its header was read.</summary>
    /// <param name="listener">The address of the listener.</param>
    /// <param name="client">The address that the header names, or else the peer's.</param>
    /// <param name="detail">A description for the log, if it is refused.</param>
    public RejectReason CheckClient(EndPoint listener, EndPoint? client, out string? detail) => Check(_clients, listener, client, out detail);

    private static RejectReason Check(NetworkRules rules, EndPoint listener, EndPoint? client, out string? detail)
    {
        // The clients of Unix-domain sockets are on no list, and mostly have no address. Of others the engine may not have it any more: they have connected and reset the connection.
        detail = client is null ? listener is UnixDomainSocketEndPoint ? null : "its address is not known" : rules.Check(client) switch
        {
            NetworkVerdict.Denied => "its address is on the deny list",
            NetworkVerdict.NotAllowed => "its address is not on the allow list",
            _ => null,
        };
        return detail is null ? RejectReason.None : RejectReason.ClientNetwork;
    }
}
