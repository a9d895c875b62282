namespace Linkerd.Tcp;

/// <summary>The load balancers that there are. Each treats splits, tiers, last resorts, failing, new and full endpoints alike; they differ in whom they choose within a group.</summary>
public static class LoadBalancers
{
    /// <summary>
    /// Power of two choices, the default: two candidates are drawn in proportion to their weights; the one that is better by a whole
    /// connection wins (load per weight, connections being established count), otherwise the one that was picked less often per weight.
    /// Shares follow the weights at any load, and a pick costs the same whatever the number of endpoints.
    /// Every group of an <see cref="EndpointSet"/> keeps its share; its tiers are used in order; endpoints of weight 0 are the last resort.
    /// After M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (1996).
    /// </summary>
    /// <param name="options">What it does beside that; by default <see cref="BalancerOptions.Default"/>.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static ILoadBalancer P2c(BalancerOptions? options = null) => Make(P2cDistributor<LeastLoadedMetric>.Create, options);

    /// <summary>
    /// Power of two choices over the latency of connecting: candidates as for <see cref="P2c"/>; the one with the lower peak EWMA of connect latency times
    /// (pending + 1) wins, where that differs by more than a quarter, otherwise as for <see cref="P2c"/>.
    /// </summary>
    /// <inheritdoc cref="P2c"/>
    public static ILoadBalancer PeakEwma(BalancerOptions? options = null) => Make(P2cDistributor<PeakEwmaMetric>.Create, options);

    private static LoadBalancer Make(DistributorFactory factory, BalancerOptions? options) => new(factory, options ?? BalancerOptions.Default);
}
