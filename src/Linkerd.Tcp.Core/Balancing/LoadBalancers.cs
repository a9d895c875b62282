namespace Linkerd.Tcp;

/// <summary>The load balancers that there are.</summary>
public static class LoadBalancers
{
    /// <summary>
    /// Power of two choices, the default: two candidates are drawn in proportion to their weights; the one that is better by a whole
    /// connection wins (load per weight, connections being established count), otherwise the one that was picked less often per weight.
    /// Shares follow the weights at any load, and a pick costs the same whatever the number of endpoints.
    /// Every group of an <see cref="EndpointSet"/> keeps its share; its tiers are used in order; endpoints of weight 0 are the last resort.
    /// After M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (1996).
    /// </summary>
    /// <param name="random">What candidates are drawn with; by default <see cref="RandomSource.Shared"/>.</param>
    public static ILoadBalancer P2c(IRandomSource? random = null) => new LoadBalancer(P2cDistributor.Create, random ?? RandomSource.Shared);
}
