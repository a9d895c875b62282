using System.Collections.Immutable;

namespace Linkerd.Tcp.Balancing;

/// <summary>
/// Represents an algorithm of load balancing. <see cref="LoadBalancers.Create(ILoadBalancingPolicy, BalancerOptions?, TimeProvider?, Random?)"/> makes a load balancer of it, which does everything else: breakers, slow start,
/// limits, splits, tiers, last resorts, aperture and metrics.
/// </summary>
public interface ILoadBalancingPolicy
{
    /// <summary>
    /// Creates the picker of a group of endpoints. Called for each group when the set of endpoints, a weight or the options change, one call at a time for each load balancer and under its lock.
    /// If it throws, the caller of the update receives the exception, and the sessions of the group are given any endpoint of it until the next update.
    /// </summary>
    /// <param name="candidates">The endpoints of the group, each once, at least one, with weights of more than 0.</param>
    /// <param name="previous">The picker that is replaced, which may still run; null for a new group. It was created by the same policy.</param>
    IEndpointPicker CreatePicker(ImmutableArray<PickCandidate> candidates, IEndpointPicker? previous);
}
