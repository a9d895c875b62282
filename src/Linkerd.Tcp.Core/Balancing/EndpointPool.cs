using Linkerd.Tcp.Balancing.WeightedRandom;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing;

/// <summary>
/// Represents the endpoints of a load balancer without its algorithm, for a custom <see cref="ILoadBalancer"/>. The endpoints keep their state over updates, and are leased with their
/// breakers, slow start and limits. For a custom algorithm alone, <see cref="ILoadBalancingPolicy"/> is simpler. Any thread.
/// </summary>
public sealed class EndpointPool
{
    private readonly LoadBalancer _balancer;

    /// <summary>Initializes an empty pool.</summary>
    /// <param name="options">The options, which are copied; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null: the system's.</param>
    /// <param name="random">The generator of draws and back-off, which is used under a lock on itself; null: a fast one for each thread.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public EndpointPool(BalancerOptions? options = null, TimeProvider? timeProvider = null, Random? random = null)
    {
        var own = LoadBalancers.Validated(options ?? new(), timeProvider, random);
        _balancer = new LoadBalancer(RandomDistributor.Create, own);
    }

    /// <inheritdoc cref="ILoadBalancer.Changed"/>
    public event Action? Changed
    {
        add => _balancer.Changed += value;
        remove => _balancer.Changed -= value;
    }

    /// <summary>Gets the endpoints of the current set, in its order, each once. An update replaces the list and does not change it.</summary>
    public IReadOnlyList<ServerEndpoint> Endpoints => _balancer.Endpoints;

    /// <inheritdoc cref="ILoadBalancer.Update"/>
    public void Update(EndpointSet endpoints) => _balancer.Update(endpoints);

    /// <summary>
    /// Leases an endpoint for a session. Fails if the endpoint is not in the set, draining, full, tried before by the session, or ejected and not due for a probe.
    /// Its weight and slow start have no effect here; <see cref="ServerEndpoint.EffectiveWeight"/> includes both. Allocates nothing.
    /// </summary>
    /// <param name="context">The session.</param>
    /// <param name="endpoint">The endpoint, of this pool.</param>
    /// <param name="lease">The lease, if the endpoint was leased.</param>
    /// <exception cref="ArgumentException">The endpoint is not of this pool.</exception>
    public bool TryLease(in PickContext context, ServerEndpoint endpoint, out EndpointLease lease)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return _balancer.TryLease(in context, endpoint, out lease);
    }

    /// <summary>
    /// Leases any endpoint for a session, at random by weight, as <see cref="BalancerKind.Random"/> does: with splits, tiers and last resorts, and an ejected endpoint if there is no other. The result
    /// can be returned by <see cref="ILoadBalancer.Pick"/>.
    /// </summary>
    /// <param name="context">The session.</param>
    /// <param name="lease">The lease, if the result is <see cref="PickResult.Picked"/>.</param>
    public PickResult LeaseAny(in PickContext context, out EndpointLease lease) => _balancer.Pick(in context, out lease);
}
