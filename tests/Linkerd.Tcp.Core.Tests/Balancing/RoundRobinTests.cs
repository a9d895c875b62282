using Linkerd.Tcp.Balancing;
using Xunit;

namespace Linkerd.Tcp;

public sealed class RoundRobinTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Pick_FiveOneOne_IsSmooth(ulong seed)
    {
        var balancer = Balancer(BalancerDriver.Weights(5, 1, 1), seed);
        var picks = Picks(balancer, 700);

        Assert.DoesNotContain("aaaaa", picks);
        Assert.DoesNotContain("bc", picks);
        Assert.DoesNotContain("cb", picks);
        for (var i = 0; i + 7 <= picks.Length; i++)
        {
            // In any seven, but for the turns that the window cuts.
            Assert.InRange(picks[i..(i + 7)].Count(c => c == 'a'), 4, 6);
        }

        Assert.Equal((500, 100, 100), (picks.Count(c => c == 'a'), picks.Count(c => c == 'b'), picks.Count(c => c == 'c')));
    }

    [Fact]
    public void Pick_EqualWeights_EachOncePerRound()
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)));
        var first = Picks(balancer, 10);
        Assert.Equal(10, first.Distinct().Count());
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(first, Picks(balancer, 10));
        }
    }

    [Fact]
    public void Pick_OtherSeeds_StartElsewhere()
    {
        var starts = Enumerable.Range(1, 200).Select(seed => Picks(Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)), (ulong)seed), 1));
        Assert.All(starts.CountBy(start => start), pair => Assert.InRange(pair.Value, 5, 40));
        var followers = Enumerable.Range(1, 200).Select(seed => Picks(Balancer(BalancerDriver.Weights(1, 1, 1, 1), (ulong)seed), 4)).Distinct();
        Assert.Equal(24, followers.Count());
    }

    [Fact]
    public void Update_SameEndpoints_GoesOnInTheOrder()
    {
        var balancer = Balancer(BalancerDriver.Weights(3, 2, 1, 1));
        var other = Balancer(BalancerDriver.Weights(3, 2, 1, 1));
        for (var i = 1; i < 100; i++)
        {
            balancer.Update(BalancerDriver.Weights(3 * i, 2 * i, i, i));
            Assert.Equal(Picks(other, 3), Picks(balancer, 3));
        }
    }

    [Fact]
    public void Pick_EndpointWasOut_ComesBackWithoutABurst()
    {
        var balancer = Balancer(BalancerDriver.Weights(1, 1, 1, 1), options: new BalancerOptions { SlowStart = new SlowStartOptions { Window = TimeSpan.Zero } });
        var gone = balancer.Find(1);
        gone.Eject(Timeout.InfiniteTimeSpan);
        Assert.DoesNotContain('b', Picks(balancer, 999));
        gone.Reset();
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(1, Picks(balancer, 4).Count(c => c == 'b'));
        }
    }

    [Fact]
    public void Pick_EndpointWasTriedByOthers_ComesBackWithoutABurst()
    {
        var balancer = Balancer(BalancerDriver.Weights(1, 1, 1, 1));
        var tried = balancer.Find(1);
        for (var i = 0; i < 1000; i++)
        {
            balancer.Pick(new PickContext { Tried = [tried] }, out var lease);
            Assert.NotSame(tried, lease.Endpoint);
            lease.Complete();
        }

        Assert.DoesNotContain("bb", Picks(balancer, 400));
    }

    [Fact]
    public void Pick_LightestWasTheOnlyOneLeft_TurnsOfTheHeavyOnesStillCount()
    {
        var balancer = Balancer(BalancerDriver.Weights(1, 1, 1e-300));
        for (var i = 0; i < 10_000; i++)
        {
            balancer.Pick(new PickContext { Tried = [balancer.Find(0), balancer.Find(1)] }, out var lease);
            lease.Complete();
        }

        var picks = Picks(balancer, 1000);
        Assert.InRange(picks.Count(c => c == 'a'), 490, 510);
        Assert.InRange(picks.Count(c => c == 'b'), 490, 510);
    }

    private static ILoadBalancer Balancer(EndpointSet set, ulong seed = 1, BalancerOptions? options = null) =>
        BalancerDriver.Balancer(set, seed, options, BalancerKind.RoundRobin);

    private static string Picks(ILoadBalancer balancer, int count) => string.Concat(Enumerable.Range(0, count).Select(_ =>
    {
        var lease = balancer.Pick();
        var endpoint = lease.Endpoint!;
        lease.Complete();
        return (char)('a' + ((System.Net.IPEndPoint)endpoint.Address).Address.GetAddressBytes()[3]);
    }));
}
