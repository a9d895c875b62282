using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp;

/// <summary>Chooses the endpoint of each new session. All members may be called from any thread.</summary>
public interface ILoadBalancer
{
    /// <summary>
    /// A pick that failed may succeed now: what waiters wait for. Raised on the thread that brought the change; handlers must not block. The balancers of
    /// <see cref="LoadBalancers"/> keep what a handler throws from the other handlers and from their callers; the destination that they serve logs it (3021).
    /// </summary>
    event Action? Changed;

    /// <summary>Replaces the whole set. Endpoints that stay keep their state: load, picks, history. Leases of endpoints that leave stay good.</summary>
    void Update(EndpointSet endpoints);

    /// <summary>Picks an endpoint. Allocates nothing, blocks never, takes no lock.</summary>
    /// <param name="context">The known facts about the session.</param>
    /// <param name="lease">
    /// The right to use the endpoint, if the result is <see cref="PickResult.Picked"/>. It lasts until <see cref="EndpointLease.Failed"/> or
    /// <see cref="EndpointLease.Complete()"/> ends it.
    /// </param>
    PickResult Pick(in PickContext context, out EndpointLease lease);

    /// <summary>The endpoints of the current set, for metrics and introspection; a snapshot.</summary>
    IReadOnlyList<ServerEndpoint> Endpoints { get; }
}
