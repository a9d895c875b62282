using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>The rule, by a look at every endpoint after every pick.</summary>
public sealed class LeastConnectionsTests
{
    private readonly Random _random = RandomSource.Seeded(11);
    private readonly List<EndpointLease> _leases = [];

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(100)]
    public void Pick_AnyWeightsAndReleases_NoneIsBetterByAWholeConnection(int count)
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Range(0, count).Select(_ => 0.1 + (10 * _random.NextDouble()))));
        for (var i = 0; i < 5000; i++)
        {
            PickOne(balancer, balancer.Endpoints);
            ReleaseSome(chance: i % 1000 < 500 ? 0.8 : 1.1);
        }
    }

    [Fact]
    public void Pick_HalfAreEjectedAndComeBack_NoneOfTheOthersIsBetter()
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Range(0, 40).Select(i => 1.0 + (i % 3))));
        foreach (var endpoint in balancer.Endpoints.Where((_, i) => i % 2 == 0))
        {
            endpoint.Eject(Timeout.InfiniteTimeSpan);
        }

        var well = balancer.Endpoints.Where(endpoint => endpoint.Breaker == BreakerState.Closed).ToArray();

        // Those that have not been looked at may still set the measure for the others once: then they are out.
        Hold(balancer, 100);
        for (var i = 0; i < 1000; i++)
        {
            PickOne(balancer, well);
            ReleaseSome(chance: 1);
        }

        foreach (var endpoint in balancer.Endpoints)
        {
            endpoint.Reset();
        }

        Hold(balancer, 100);
        for (var i = 0; i < 1000; i++)
        {
            PickOne(balancer, balancer.Endpoints);
            ReleaseSome(chance: 1);
        }
    }

    [Fact]
    public void Pick_EndpointsInTwoGroups_EachGroupComparesWhatCameThroughIt()
    {
        var balancer = Balancer(new EndpointSet(BalancerDriver.Group([1, 1, 1, 1], 3), BalancerDriver.Group([1, 2, 1, 1], 1, first: 2)));
        EndpointGroupOf[] groups = [new([.. Enumerable.Range(0, 4).Select(balancer.Find)], [1, 1, 1, 1]), new([.. Enumerable.Range(2, 4).Select(balancer.Find)], [1, 2, 1, 1])];
        for (var i = 0; i < 3000; i++)
        {
            var before = groups.Select((_, number) => balancer.Endpoints.ToDictionary(
                endpoint => endpoint, endpoint => _leases.LongCount(held => held.Endpoint == endpoint && GroupOf(held) == number))).ToArray();
            var lease = balancer.Pick();
            _leases.Add(lease);
            Assert.True(groups[GroupOf(lease)].MayPick(lease.Endpoint!, before[GroupOf(lease)]), $"{lease.Endpoint}: another is better.");
            ReleaseSome(chance: i % 1000 < 500 ? 0.8 : 1.1);
        }

        // The first group counts what the second does not.
        int GroupOf(EndpointLease lease) => lease.Branch is not null || Array.IndexOf(groups[0].Endpoints, lease.Endpoint) < 0 ? 1 : 0;
    }

    [Fact]
    public void Pick_EndpointHasFilledUpAndOneLeft_IsPickedAgain()
    {
        var balancer = Balancer(BalancerDriver.Weights(1, 1), new BalancerOptions { MaxConnections = 2 });
        Hold(balancer, 4);
        Assert.Equal(PickResult.AtLimit, balancer.Pick(default, out _));

        var lease = _leases[2];
        var endpoint = lease.Endpoint;
        lease.Complete();

        Assert.Same(endpoint, balancer.Pick().Endpoint);
    }

    [Fact]
    public void Update_GroupLeaves_NobodyIsToldOfItsLoads()
    {
        var balancer = Balancer(new EndpointSet(BalancerDriver.Group([1, 1]), BalancerDriver.Group([1, 1])));
        for (var i = 0; i < 10; i++)
        {
            balancer.Update(BalancerDriver.Weights(1, 1 + i));
            balancer.Update(new EndpointSet(BalancerDriver.Group([1, 1]), BalancerDriver.Group([1, 1 + i])));
        }

        balancer.Update(BalancerDriver.Weights(1, 1));
        Assert.All(balancer.Endpoints, endpoint => Assert.Equal(1, LoadObservers.Count(endpoint.Observers)));
        var endpoints = balancer.Endpoints;
        balancer.Update(EndpointSet.Empty);
        Assert.All(endpoints, endpoint => Assert.Null(endpoint.Observers));
    }

    private static ILoadBalancer Balancer(EndpointSet set, BalancerOptions? options = null) =>
        BalancerDriver.Balancer(set, options: options ?? new BalancerOptions { SlowStart = new SlowStartOptions { Window = TimeSpan.Zero } }, kind: BalancerKind.LeastConnections);

    private void Hold(ILoadBalancer balancer, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _leases.Add(balancer.Pick());
        }
    }

    private void PickOne(ILoadBalancer balancer, IReadOnlyList<ServerEndpoint> candidates)
    {
        var before = candidates.ToDictionary(endpoint => endpoint, endpoint => endpoint.Load);
        var lease = balancer.Pick();
        _leases.Add(lease);
        var group = new EndpointGroupOf([.. candidates], [.. candidates.Select(endpoint => endpoint.Weight)]);
        Assert.True(group.MayPick(lease.Endpoint!, before), $"{lease.Endpoint}: another is better.");
    }

    private void ReleaseSome(double chance)
    {
        for (; _leases.Count > 0 && _random.NextDouble() < chance; chance -= 0.6)
        {
            var index = (int)(_random.NextDouble() * _leases.Count);
            var lease = _leases[index];
            lease.Complete();
            _leases.RemoveAt(index);
        }
    }

    private sealed record EndpointGroupOf(ServerEndpoint[] Endpoints, double[] Weights)
    {
        public bool MayPick(ServerEndpoint picked, Dictionary<ServerEndpoint, long> before)
        {
            var index = Array.IndexOf(Endpoints, picked);
            return index >= 0 && Endpoints.Zip(Weights).All(other =>
                other.First == picked || (before[other.First] + 1) / other.Second > (before[picked] / Weights[index]) - 1e-9);
        }
    }
}
