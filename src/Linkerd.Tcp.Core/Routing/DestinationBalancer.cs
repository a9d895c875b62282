using System.Runtime.CompilerServices;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Routing;

/// <summary>Creates the load balancers of destinations. A balancer holds the endpoints of one name, so it serves one destination only.</summary>
internal static class DestinationBalancer
{
    // Weak keys: the table does not keep a balancer in memory.
    private static readonly ConditionalWeakTable<ILoadBalancer, DstPath> Owned = [];

    /// <summary>Creates the balancer of a destination.</summary>
    /// <param name="options">The options.</param>
    /// <param name="name">The name.</param>
    /// <param name="services">The clock, and the generator of picks.</param>
    /// <exception cref="InvalidOperationException">The factory of the options returned null, or the balancer of another destination.</exception>
    public static ILoadBalancer Make(DestinationOptions options, DstPath name, DestinationServices services)
    {
        if (options.BalancerFactory is not { } factory)
        {
            return options.BalancingPolicy is { } policy
                ? LoadBalancers.Create(policy, options.Balancing, services.TimeProvider, services.GivenRandom)
                : LoadBalancers.Create(options.Balancer, options.Balancing, services.TimeProvider, services.GivenRandom);
        }

        const string Option = nameof(DestinationOptions.BalancerFactory);
        var balancer = factory() ?? throw new InvalidOperationException($"{Option} gave null for {name}; a load balancer was expected.");
        if (!Owned.TryAdd(balancer, name))
        {
            var owner = Owned.TryGetValue(balancer, out var other) ? other : name;
            throw new InvalidOperationException($"The load balancer that {Option} gave for {name} already serves {owner}; a new one for each destination was expected.");
        }

        return balancer;
    }

    /// <summary>Ends the use of a balancer: its destination has stopped, and another destination may use it.</summary>
    public static void Release(ILoadBalancer balancer) => Owned.Remove(balancer);
}
