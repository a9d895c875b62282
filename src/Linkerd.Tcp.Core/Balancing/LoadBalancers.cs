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

/// <summary>Creates load balancers. All treat splits, tiers, last resorts, and failing, new and full endpoints alike; they differ in the choice within a group.</summary>
public static class LoadBalancers
{
    /// <summary>
    /// Creates a load balancer by power of two choices, the default: two candidates are drawn in proportion to their weights; the one that is better by a whole
    /// connection wins (load per weight, connections being established count), otherwise the one that was picked less often per weight.
    /// Shares follow the weights at any load, and the cost of a pick does not depend on the number of endpoints.
    /// Every group of an <see cref="EndpointSet"/> keeps its share, and compares the load and the picks that came through it: an address may be in several. Its tiers are used in order; endpoints of weight 0 are the last resort.
    /// After M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (1996).
    /// </summary>
    /// <param name="options">The other options, which are copied; null for the defaults.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public static ILoadBalancer P2c(BalancerOptions? options = null) => Create(BalancerKind.P2c, options);

    /// <summary>
    /// Creates a load balancer by power of two choices over the latency of connecting: candidates as for <see cref="P2c"/>; the one with the lower peak EWMA of connect latency times
    /// (pending + 1) wins if they differ by more than a quarter, otherwise as for <see cref="P2c"/>. Less than 1 ms counts as 1 ms: below that it is noise.
    /// </summary>
    /// <inheritdoc cref="P2c"/>
    public static ILoadBalancer PeakEwma(BalancerOptions? options = null) => Create(BalancerKind.PeakEwma, options);

    /// <summary>
    /// Creates a load balancer by least connections, exactly: of all endpoints with the least load per weight, within a whole connection (connections being established
    /// count), the one with the fewest picks per weight. Spreads load better than <see cref="P2c"/> if this proxy is the only one in front of its endpoints;
    /// if there are several, each sends the next sessions to the same endpoint, and p2c is to be preferred. An endpoint that joins gets every session until it has
    /// as many as the others; slow start bounds that.
    /// </summary>
    /// <remarks>A pick and a release cost a logarithm of the number of endpoints each, under a lock of the group.</remarks>
    /// <inheritdoc cref="P2c"/>
    public static ILoadBalancer LeastConnections(BalancerOptions? options = null) => Create(BalancerKind.LeastConnections, options);

    /// <summary>
    /// Creates a load balancer by weighted round robin: each endpoint in turn, in proportion to its weight and as evenly as possible, at any load. Starts at a random place, so that
    /// proxies that start together do not pick the same endpoints together. An endpoint that cannot be picked in its turn loses it.
    /// </summary>
    /// <remarks>Earliest deadline first: a pick costs a logarithm of the number of endpoints, under a lock of the group.</remarks>
    /// <inheritdoc cref="P2c"/>
    public static ILoadBalancer RoundRobin(BalancerOptions? options = null) => Create(BalancerKind.RoundRobin, options);

    /// <summary>Creates a load balancer that picks at random in proportion to weights, at any load. The cost of a pick does not depend on the number of endpoints.</summary>
    /// <inheritdoc cref="P2c"/>
    public static ILoadBalancer Random(BalancerOptions? options = null) => Create(BalancerKind.Random, options);

    /// <summary>
    /// Creates a load balancer by consistent hashing: sessions of one client go to one endpoint, by <see cref="PickContext.Hash"/> or else by the client's address without its port; at
    /// random if neither is known. When an endpoint leaves, or cannot serve, its clients move and hardly any others do; every proxy has the same result.
    /// This holds for any number of sessions of a client and at any load, unless <see cref="BalancerOptions.HashBalanceFactor"/> bounds it. In a split each session draws
    /// its branch first, at random. Shares follow the weights if there are many clients.
    /// </summary>
    /// <remarks>
    /// Maglev (Eisenbud and others, NSDI 2016), optionally with bounded loads (arXiv 1608.01350). The table has at least 100 entries per endpoint (from 128 KiB per group),
    /// and is made when the set is updated. The connection makes the client's address, once per session.
    /// </remarks>
    /// <inheritdoc cref="P2c"/>
    public static ILoadBalancer Maglev(BalancerOptions? options = null) => Create(BalancerKind.Maglev, options);

    /// <summary>Creates a load balancer of an algorithm by name.</summary>
    /// <param name="kind">The algorithm.</param>
    /// <param name="options">The other options, which are copied; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such algorithm.</exception>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public static ILoadBalancer Create(BalancerKind kind, BalancerOptions? options = null)
    {
        var own = Validated(options ?? new());
        return new LoadBalancer(FactoryOf(kind, null, own), own);
    }

    /// <summary>Creates a load balancer that picks by an algorithm from outside.</summary>
    /// <param name="policy">The algorithm. Several load balancers may share it.</param>
    /// <param name="options">The other options, which are copied; null for the defaults.</param>
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
    /// <param name="options">The other options, which are copied.</param>
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
    /// <param name="own">The options, a validated copy.</param>
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
