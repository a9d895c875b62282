using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>Which endpoints may be picked at all, with every algorithm: those not tried, by level.</summary>
public abstract class AvailabilityTests(BalancerKind kind)
{
    public sealed class OfP2c() : AvailabilityTests(BalancerKind.P2c);

    public sealed class OfPeakEwma() : AvailabilityTests(BalancerKind.PeakEwma);

    public sealed class OfLeastConnections() : AvailabilityTests(BalancerKind.LeastConnections);

    public sealed class OfRoundRobin() : AvailabilityTests(BalancerKind.RoundRobin);

    public sealed class OfRandom() : AvailabilityTests(BalancerKind.Random);

    public sealed class OfMaglev() : AvailabilityTests(BalancerKind.Maglev);

    [Fact]
    public void Pick_EmptySet_IsEmpty()
    {
        var balancer = LoadBalancers.Create(kind, new BalancerOptions { Random = RandomSource.Seeded(1) });
        Assert.Equal(PickResult.Empty, balancer.Pick(default, out var lease));
        Assert.Null(lease.Endpoint);

        balancer.Update(BalancerDriver.Weights(1));
        balancer.Update(new EndpointSet(BalancerDriver.Group([]), BalancerDriver.Group([], 0)));
        Assert.Equal(PickResult.Empty, balancer.Pick(default, out _));
        Assert.Empty(balancer.Endpoints);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(10, 3)]
    [InlineData(100, 99)]
    public void Pick_SomeTried_OthersArePicked(int count, int tried)
    {
        foreach (var weights in (double[][])[[.. Enumerable.Repeat(1.0, count)], [.. Enumerable.Range(1, count).Select(i => 1.0 / i)]])
        {
            var balancer = Balancer(BalancerDriver.Weights(weights));
            var usable = balancer.Endpoints.Skip(tried).ToHashSet();

            var picked = Picked(balancer, [.. balancer.Endpoints.Take(tried)], picks: 5000);

            Assert.Equal(usable, picked);
        }
    }

    [Fact]
    public void Pick_NearlyAllOfTheWeightTried_OthersArePicked()
    {
        var balancer = Balancer(BalancerDriver.Weights(1, 1e-12, 1e-12, 1e-300));
        var picked = Picked(balancer, [balancer.Find(0)], picks: 1000);
        Assert.Equal([1, 2, 3], picked.Select(endpoint => Number(endpoint)).Order());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(20)]
    public void Pick_AllTried_IsUnavailable(int count)
    {
        var balancer = Balancer(new EndpointSet(
            BalancerDriver.Group(Enumerable.Range(0, count).Select(i => (double)i), 2),
            BalancerDriver.Group(Enumerable.Repeat(1.0, count), 0, tier: 1, first: 5)));

        var result = balancer.Pick(new PickContext { Tried = [.. balancer.Endpoints] }, out var lease);

        Assert.Equal(PickResult.Unavailable, result);
        Assert.Null(lease.Endpoint);
        Assert.All(balancer.Endpoints, endpoint => Assert.Equal(0, endpoint.Picks));
    }

    [Fact]
    public void Pick_WeightZero_IsTheLastResort()
    {
        var balancer = Balancer(BalancerDriver.Weights(1, 0, 2, 0));
        Assert.Equal([0, 2], Numbers(Picked(balancer, [])));
        Assert.Equal([2], Numbers(Picked(balancer, [balancer.Find(0)])));
        Assert.Equal([1, 3], Numbers(Picked(balancer, [balancer.Find(0), balancer.Find(2)])));
        Assert.Equal([3], Numbers(Picked(balancer, [balancer.Find(0), balancer.Find(1), balancer.Find(2)])));
    }

    [Fact]
    public void Pick_AllWeightsZero_AreEqual()
    {
        var balancer = Balancer(BalancerDriver.Weights(0, 0, 0, 0));
        var counts = balancer.Count(() => balancer.PickIdle(4000));
        var slack = kind is BalancerKind.Random or BalancerKind.Maglev ? 100 : 10;
        Assert.All(counts.Values, count => Assert.InRange(count, 1000 - slack, 1000 + slack));
    }

    [Fact]
    public void Pick_GroupOfWeightZero_ServesWhenNoOtherCan()
    {
        var balancer = Balancer(new EndpointSet(
            BalancerDriver.Group([1, 0], 5), BalancerDriver.Group([1, 0], 0, first: 2), BalancerDriver.Group([1], 0, first: 4)));
        Assert.Equal([0], Numbers(Picked(balancer, [])));
        Assert.Equal([2, 4], Numbers(Picked(balancer, [balancer.Find(0)])));
        Assert.Equal([1], Numbers(Picked(balancer, [balancer.Find(0), balancer.Find(2), balancer.Find(4)])));
        Assert.Equal([3], Numbers(Picked(balancer, [balancer.Find(0), balancer.Find(1), balancer.Find(2), balancer.Find(4)])));
    }

    [Fact]
    public void Pick_AllGroupsOfWeightZero_AreEqual()
    {
        var balancer = Balancer(new EndpointSet(BalancerDriver.Group([1], 0), BalancerDriver.Group([1, 1, 1], 0, first: 1)));
        var counts = balancer.Count(() => balancer.PickIdle(10_000));
        Assert.InRange(counts[balancer.Find(0)], 4800, 5200);
    }

    [Fact]
    public void Pick_Tiers_NextWhenThoseAboveAreTried()
    {
        var balancer = Balancer(new EndpointSet(
            BalancerDriver.Group([1], tier: 7, first: 3), BalancerDriver.Group([1, 1, 0]), BalancerDriver.Group([1], tier: 1, first: 4)));
        Assert.Equal([0, 1], Numbers(Picked(balancer, [])));
        Assert.Equal([4], Numbers(Picked(balancer, [balancer.Find(0), balancer.Find(1)])));
        Assert.Equal([3], Numbers(Picked(balancer, [balancer.Find(0), balancer.Find(1), balancer.Find(4)])));
        Assert.Equal([2], Numbers(Picked(balancer, [balancer.Find(0), balancer.Find(1), balancer.Find(3), balancer.Find(4)])));
    }

    [Fact]
    public void Pick_BranchTried_ItsShareGoesToTheOthersByWeight()
    {
        var balancer = Balancer(new EndpointSet(
            BalancerDriver.Group([1], 6), BalancerDriver.Group([1, 1], 3, first: 1), BalancerDriver.Group([1], 1, first: 3)));
        var tried = balancer.Find(0);

        var counts = balancer.Count(() => Picked(balancer, [tried], picks: 20_000));

        Assert.Equal(0, counts[tried]);
        Assert.InRange(counts[balancer.Find(3)], 4_800, 5_200);
    }

    private ILoadBalancer Balancer(EndpointSet set) => BalancerDriver.Balancer(set, kind: kind);

    private static int Number(ServerEndpoint endpoint) => ((System.Net.IPEndPoint)endpoint.Address).Address.GetAddressBytes()[3];

    private static IEnumerable<int> Numbers(IEnumerable<ServerEndpoint> endpoints) => endpoints.Select(Number).Order();

    private static HashSet<ServerEndpoint> Picked(ILoadBalancer balancer, ServerEndpoint[] tried, int picks = 100)
    {
        var picked = new HashSet<ServerEndpoint>();
        for (var i = 0; i < picks; i++)
        {
            Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Tried = tried }, out var lease));
            picked.Add(lease.Endpoint!);
            lease.Complete();
        }

        return picked;
    }
}
