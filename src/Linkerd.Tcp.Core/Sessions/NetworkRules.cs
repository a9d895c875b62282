using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Sessions;

/// <summary>Decides by networks which clients may have a session. Denial wins; with an allow list, a client that is not in it is denied. Immutable; any thread.</summary>
/// <param name="allow">The networks whose clients are allowed; null, the default: all.</param>
/// <param name="deny">The networks whose clients are denied; null, the default: none.</param>
internal sealed class NetworkRules(ClientNetworks? allow = null, ClientNetworks? deny = null)
{
    /// <summary>
    /// Looks a client up. A client of a Unix-domain socket is neither allowed nor denied by networks, and has a session: the permissions of the socket's file decide there.
    /// </summary>
    public NetworkVerdict Check(EndPoint? client) =>
        client is UnixDomainSocketEndPoint ? NetworkVerdict.Allowed
        : deny is not null && deny.Contains(client) ? NetworkVerdict.Denied
        : allow is not null && !allow.Contains(client) ? NetworkVerdict.NotAllowed
        : NetworkVerdict.Allowed;
}
