using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>Sets to balance over, and sessions that come and go.</summary>
internal static class BalancerDriver
{
    public static IPEndPoint Address(int number) => new(new IPAddress([10, 0, (byte)(number >> 8), (byte)number]), 80);

    public static EndpointGroup Group(IEnumerable<double> weights, double weight = 1, int tier = 0, int first = 0) =>
        new(weights.Select((w, i) => new WeightedAddress(Address(first + i), w)), weight, tier);

    public static EndpointSet Weights(params IEnumerable<double> weights) => new(Group(weights));

    public static TheoryData<BalancerKind> Kinds => [.. Enum.GetValues<BalancerKind>()];

    /// <summary>A balancer of a set, from a seed. The clock stands still where the options have none.</summary>
    public static ILoadBalancer Balancer(EndpointSet set, ulong seed = 1, BalancerOptions? options = null, BalancerKind kind = BalancerKind.P2c, ILoadBalancingPolicy? policy = null)
    {
        options = (options ?? new BalancerOptions { TimeProvider = new FakeTimeProvider() }).With(own => own.Random = RandomSource.Seeded(seed));
        var balancer = policy is null ? LoadBalancers.Create(kind, options) : LoadBalancers.Create(policy, options);
        balancer.Update(set);
        return balancer;
    }

    public static ServerEndpoint Find(this ILoadBalancer balancer, int number) => balancer.Endpoints.Single(endpoint => endpoint.Address.Equals(Address(number)));

    /// <summary>The picks that each endpoint got while the action ran, in the order of the balancer's list after it.</summary>
    public static Dictionary<ServerEndpoint, long> Count(this ILoadBalancer balancer, Action action)
    {
        var before = balancer.Endpoints.ToDictionary(endpoint => endpoint, endpoint => endpoint.Picks);
        action();
        return balancer.Endpoints.ToDictionary(endpoint => endpoint, endpoint => endpoint.Picks - before.GetValueOrDefault(endpoint));
    }

    public static EndpointLease Pick(this ILoadBalancer balancer)
    {
        var context = default(PickContext);
        Assert.Equal(PickResult.Picked, balancer.Pick(in context, out var lease));
        return lease;
    }

    /// <summary>Picks and gives back at once.</summary>
    public static void PickIdle(this ILoadBalancer balancer, int picks)
    {
        for (var i = 0; i < picks; i++)
        {
            balancer.Pick().Complete();
        }
    }

    /// <summary>Picks until it is the one that is meant; the others are given back.</summary>
    public static EndpointLease PickOf(this ILoadBalancer balancer, ServerEndpoint endpoint, long timestamp = 0)
    {
        var lease = balancer.TryPickOf(endpoint, 10_000, timestamp);
        Assert.NotNull(lease.Endpoint);
        return lease;
    }

    public static EndpointLease TryPickOf(this ILoadBalancer balancer, ServerEndpoint endpoint, int picks, long timestamp = 0)
    {
        for (var i = 0; i < picks; i++)
        {
            if (balancer.Pick(new PickContext { Timestamp = timestamp }, out var lease) == PickResult.Picked && lease.Endpoint == endpoint)
            {
                return lease;
            }

            lease.Complete();
        }

        return default;
    }

    public static void Fail(this ILoadBalancer balancer, ServerEndpoint endpoint, int times, ConnectFailure cause = ConnectFailure.Refused)
    {
        for (var i = 0; i < times; i++)
        {
            var lease = balancer.PickOf(endpoint);
            lease.Failed(cause);
        }
    }

    public static void Succeed(this ILoadBalancer balancer, ServerEndpoint endpoint)
    {
        var lease = balancer.PickOf(endpoint);
        lease.Connected(TimeSpan.Zero);
        lease.Complete();
    }
}
