using Linkerd.Tcp.Balancing.Apertures;
using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.LeastConnections;
using Linkerd.Tcp.Balancing.Maglev;
using Linkerd.Tcp.Balancing.P2c;
using Linkerd.Tcp.Balancing.Policies;
using Linkerd.Tcp.Balancing.RoundRobin;
using Linkerd.Tcp.Balancing.WeightedRandom;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing;

/// <summary>The load balancers that there are. Each treats splits, tiers, last resorts, failing, new and full endpoints alike; they differ in whom they choose within a group.</summary>
public static class LoadBalancers
{
    /// <summary>
    /// Power of two choices, the default: two candidates are drawn in proportion to their weights; the one that is better by a whole
    /// connection wins (load per weight, connections being established count), otherwise the one that was picked less often per weight.
    /// Shares follow the weights at any load, and a pick costs the same whatever the number of endpoints.
    /// Every group of an <see cref="EndpointSet"/> keeps its share, and compares the load and the picks that came through it: an address may be in several. Its tiers are used in order; endpoints of weight 0 are the last resort.
    /// After M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (1996).
    /// </summary>
    /// <param name="options">What it does beside that, which is copied; null: the defaults.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public static ILoadBalancer P2c(BalancerOptions? options = null) => Create(BalancerKind.P2c, options);

    /// <summary>
    /// Power of two choices over the latency of connecting: candidates as for <see cref="P2c"/>; the one with the lower peak EWMA of connect latency times
    /// (pending + 1) wins, where that differs by more than a quarter, otherwise as for <see cref="P2c"/>. Less than 1 ms counts as 1 ms: below that it is noise.
    /// </summary>
    /// <inheritdoc cref="P2c"/>
    public static ILoadBalancer PeakEwma(BalancerOptions? options = null) => Create(BalancerKind.PeakEwma, options);

    /// <summary>
    /// Least connections, exactly: among all endpoints that no other is better than by a whole connection (load per weight, connections being established
    /// count) the one that was picked least per weight. Spreads load better than <see cref="P2c"/> where this proxy is the only one in front of its endpoints;
    /// where several are, each sends the next sessions to the same endpoint, and p2c is to be preferred. An endpoint that joins gets every session until it has
    /// as many as the others; slow start bounds that.
    /// </summary>
    /// <remarks>A pick and a release cost a logarithm of the number of endpoints each, under a lock of the group.</remarks>
    /// <inheritdoc cref="P2c"/>
    public static ILoadBalancer LeastConnections(BalancerOptions? options = null) => Create(BalancerKind.LeastConnections, options);

    /// <summary>
    /// Weighted round robin: each in turn, as often as its weight says and as evenly as that goes, whatever the load. Starts at a random place, so that
    /// proxies that start together do not march in step. One that cannot be picked in its turn loses it.
    /// </summary>
    /// <remarks>Earliest deadline first: a pick costs a logarithm of the number of endpoints, under a lock of the group.</remarks>
    /// <inheritdoc cref="P2c"/>
    public static ILoadBalancer RoundRobin(BalancerOptions? options = null) => Create(BalancerKind.RoundRobin, options);

    /// <summary>Random in proportion to weights, whatever the load. A pick costs the same whatever the number of endpoints.</summary>
    /// <inheritdoc cref="P2c"/>
    public static ILoadBalancer Random(BalancerOptions? options = null) => Create(BalancerKind.Random, options);

    /// <summary>
    /// Consistent hashing: sessions of one client go to one endpoint, by <see cref="PickContext.Hash"/> or else the client's address without its port; at
    /// random where neither is known. When an endpoint leaves, or cannot serve, its clients move and hardly any others do; every proxy comes to the same.
    /// However many sessions a client has, and whatever the load, unless <see cref="BalancerOptions.HashBalanceFactor"/> bounds that. In a split each session draws
    /// its branch first, at random. Shares follow the weights where there are many clients.
    /// </summary>
    /// <remarks>
    /// Maglev (Eisenbud and others, NSDI 2016), if asked for with bounded loads (arXiv 1608.01350). The table has at least 100 entries per endpoint (from 128 KiB per group),
    /// and is made when the set is updated. The client's address is asked of the connection, which makes it once per session.
    /// </remarks>
    /// <inheritdoc cref="P2c"/>
    public static ILoadBalancer Maglev(BalancerOptions? options = null) => Create(BalancerKind.Maglev, options);

    /// <summary>The load balancer of an algorithm that is known by name.</summary>
    /// <param name="kind">The algorithm.</param>
    /// <param name="options">What it does beside that, which is copied; null: the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such algorithm.</exception>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public static ILoadBalancer Create(BalancerKind kind, BalancerOptions? options = null)
    {
        var own = Validated(options ?? new());
        return new LoadBalancer(FactoryOf(kind, null, own), own);
    }

    /// <summary>Creates a load balancer that picks by an algorithm from outside.</summary>
    /// <param name="policy">The algorithm. Several load balancers may share it.</param>
    /// <param name="options">What it does beside that, which is copied; null: the defaults.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public static ILoadBalancer Create(ILoadBalancingPolicy policy, BalancerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var own = Validated(options ?? new());
        return new LoadBalancer(FactoryOf(default, policy, own), own);
    }

    /// <summary>Gives a load balancer another algorithm and other options; its endpoints keep their state.</summary>
    /// <param name="balancer">The load balancer, with the same clock as the options.</param>
    /// <param name="kind">The algorithm.</param>
    /// <param name="policy">The algorithm in place of <paramref name="kind"/>; null if there is none.</param>
    /// <param name="options">What it does beside that, which is copied.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such algorithm.</exception>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    internal static void Configure(LoadBalancer balancer, BalancerKind kind, ILoadBalancingPolicy? policy, BalancerOptions options)
    {
        var own = Validated(options);
        balancer.Configure(FactoryOf(kind, policy, own), own);
    }

    /// <summary>Returns a validated copy.</summary>
    internal static BalancerOptions Validated(BalancerOptions options) => OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));

    /// <param name="kind">The algorithm.</param>
    /// <param name="policy">The algorithm in place of it; null if there is none.</param>
    /// <param name="own">A validated copy.</param>
    private static DistributorFactory FactoryOf(BalancerKind kind, ILoadBalancingPolicy? policy, BalancerOptions own)
    {
        DistributorFactory factory = kind switch
        {
            _ when policy is not null => (members, previous) => PolicyDistributor.Create(members, previous, policy),
            BalancerKind.P2c => P2cDistributor<LeastLoadedMetric>.Create,
            BalancerKind.PeakEwma => P2cDistributor<PeakEwmaMetric>.Create,
            BalancerKind.LeastConnections => (members, previous) => LeastConnectionsDistributor.Create(members, previous, own.Random),
            BalancerKind.RoundRobin => (members, previous) => RoundRobinDistributor.Create(members, previous, own.Random),
            BalancerKind.Random => RandomDistributor.Create,
            BalancerKind.Maglev => (members, previous) => MaglevDistributor.Create(members, previous, own),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "One of BalancerKind was expected."),
        };
        return own.Aperture is null ? factory : ApertureDistributor.Around(factory, own.Aperture);
    }
}
