using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Routing;

/// <summary>Represents the open sessions of a proxy, for the bytes of endpoints.</summary>
internal interface IEndpointTraffic
{
    /// <summary>Visits each session that has an endpoint, with the bytes that were received from the server and sent to it so far.</summary>
    /// <param name="look">Called under a lock that sessions take when they begin and end; must be quick.</param>
    void Visit(Action<ServerEndpoint, long, long> look);
}
