using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp;

/// <summary>Picks the endpoint of each new session. Any thread may call any member.</summary>
public interface ILoadBalancer
{
    /// <summary>
    /// Occurs when a pick that failed may succeed now. Pending sessions wait for it. Raised on the thread of the change; handlers must not block. The balancers of
    /// <see cref="LoadBalancers"/> hide the exception of a handler from the other handlers and from their callers; the destination that they serve logs it (3021).
    /// </summary>
    event Action? Changed;

    /// <summary>Replaces the whole set. Endpoints that stay keep their state: load, picks, history. Leases of endpoints that leave stay valid.</summary>
    void Update(EndpointSet endpoints);

    /// <summary>Picks an endpoint. Allocates nothing and never blocks.</summary>
    /// <param name="context">The session.</param>
    /// <param name="lease">
    /// The right to use the endpoint, if the result is <see cref="PickResult.Picked"/>. It lasts until <see cref="EndpointLease.Failed"/> or
    /// <see cref="EndpointLease.Complete()"/> ends it.
    /// </param>
    PickResult Pick(in PickContext context, out EndpointLease lease);

    /// <summary>Gets the endpoints of the current set, for metrics and introspection. The list does not change; an update makes a new one.</summary>
    IReadOnlyList<ServerEndpoint> Endpoints { get; }
}
