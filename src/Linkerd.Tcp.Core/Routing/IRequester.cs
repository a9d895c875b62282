using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Routing;

/// <summary>The party that a server connection is established for: a session, or a caller of <see cref="Destination.ConnectAsync"/>.</summary>
internal interface IRequester
{
    /// <summary>The executor on which a balancer is called, and on which the connection lives.</summary>
    TransportExecutor Executor { get; }

    /// <summary>True if the connection would not be used any more, as the client has reset its own.</summary>
    bool IsGone { get; }

    /// <summary>True if bytes are known to wait for the connection.</summary>
    bool HasInput { get; }

    /// <summary>True if a preconnect will do.</summary>
    bool TakesPreconnects { get; }

    /// <summary>Gets the settings of its connection, if the policy has none; null for those of the dialer.</summary>
    TcpOptions? Tcp => null;

    /// <summary>Gets the longest time until it has a connection, if the policy has none.</summary>
    TimeSpan ConnectTimeout => ConnectOptions.DefaultConnectTimeout;

    /// <summary>The client; null if there is none.</summary>
    IClientContext? Client { get; }
}
