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

/// <summary>
/// Creates load balancers. All of them treat splits, tiers, last resorts, and failing, new and full endpoints in the same way; they differ in the choice within a group.
/// Every group of an <see cref="EndpointSet"/> keeps its share, and compares the load and the picks that came through it, as an address may be in several groups. Its tiers are used in order; endpoints of weight 0 are the last resort.
/// </summary>
public static class LoadBalancers
{
    /// <summary>Creates a load balancer of a built-in algorithm.</summary>
    /// <param name="kind">The algorithm.</param>
    /// <param name="options">The other options, which are copied; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null: the system's.</param>
    /// <param name="random">The generator of draws and back-off, which is used under a lock on itself; null: a fast one for each thread.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such algorithm.</exception>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public static ILoadBalancer Create(BalancerKind kind, BalancerOptions? options = null, TimeProvider? timeProvider = null, Random? random = null)
    {
        var own = Validated(options ?? new(), timeProvider, random);
        return new LoadBalancer(FactoryOf(kind, null, own), own);
    }

    /// <summary>Creates a load balancer of a custom algorithm.</summary>
    /// <param name="policy">The algorithm. Several load balancers may share it.</param>
    /// <param name="options">The other options, which are copied; null for the defaults.</param>
    /// <param name="timeProvider">The clock; null: the system's.</param>
    /// <param name="random">The generator of draws and back-off, which is used under a lock on itself; null: a fast one for each thread.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public static ILoadBalancer Create(ILoadBalancingPolicy policy, BalancerOptions? options = null, TimeProvider? timeProvider = null, Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var own = Validated(options ?? new(), timeProvider, random);
        return new LoadBalancer(FactoryOf(default, policy, own), own);
    }

    /// <summary>Changes the algorithm and the options of a load balancer; its endpoints keep their state.</summary>
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

    /// <summary>Returns a validated copy, with the given clock and generator if the options have none.</summary>
    internal static BalancerOptions Validated(BalancerOptions options, TimeProvider? timeProvider = null, Random? random = null)
    {
        var own = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        own.TimeProvider ??= timeProvider;
        own.Random ??= random;
        return own;
    }

    /// <param name="kind">The algorithm.</param>
    /// <param name="policy">The algorithm in place of <paramref name="kind"/>; null if there is none.</param>
    /// <param name="own">The options, a validated copy.</param>
    private static DistributorFactory FactoryOf(BalancerKind kind, ILoadBalancingPolicy? policy, BalancerOptions own)
    {
        DistributorFactory factory = kind switch
        {
            _ when policy is not null => (members, previous) => PolicyDistributor.Create(members, previous, policy),
            BalancerKind.P2c => P2cDistributor<LeastLoadedMetric>.Create,
            BalancerKind.PeakEwma => P2cDistributor<PeakEwmaMetric>.Create,
            BalancerKind.LeastConnections => (members, previous) => LeastConnectionsDistributor.Create(members, previous, RandomSource.Of(own.Random)),
            BalancerKind.RoundRobin => (members, previous) => RoundRobinDistributor.Create(members, previous, RandomSource.Of(own.Random)),
            BalancerKind.Random => RandomDistributor.Create,
            BalancerKind.Maglev => (members, previous) => MaglevDistributor.Create(members, previous, own),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "One of BalancerKind was expected."),
        };
        return own.Aperture is null ? factory : ApertureDistributor.Around(factory, own.Aperture);
    }
}
