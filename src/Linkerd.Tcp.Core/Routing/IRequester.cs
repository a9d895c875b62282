using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Routing;

/// <summary>The party that a server connection is established for: a session, or a caller of <see cref="Destination.ConnectAsync"/>.</summary>
internal interface IRequester
{
    /// <summary>Where a balancer is asked, and where the connection shall live.</summary>
    TransportExecutor Executor { get; }

    /// <summary>Whether nobody would use the connection any more, as the client has reset its own.</summary>
    bool IsGone { get; }

    /// <summary>Whether bytes are known to wait for the connection.</summary>
    bool HasInput { get; }

    /// <summary>Whether a preconnect will do.</summary>
    bool TakesPreconnects { get; }

    /// <summary>Gets how its connection is set up, if the policy does not say so; null: as the dialer says.</summary>
    TcpOptions? Tcp => null;

    /// <summary>The client; null if there is none.</summary>
    IClientContext? Client { get; }
}
