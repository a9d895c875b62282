using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>The rule, and how evenly it spreads.</summary>
public sealed class P2cTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    public void Pick_TwoEndpoints_LoadsFollowWeights(double first, double second)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(first, second));
        for (var i = 1; i <= 1000; i++)
        {
            balancer.Pick();
            Assert.InRange(balancer.Find(0).Load, (i * first / (first + second)) - 1, (i * first / (first + second)) + 1);
        }
    }

    [Fact]
    public void Pick_OneIsBetterByAWholeConnection_ItWins()
    {
        // Two pending on one of two, by way of the list of tried ones; the other was picked far more often, and wins all the same.
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1));
        var (busy, free) = (balancer.Find(0), balancer.Find(1));
        balancer.Pick(new PickContext { Tried = [free] }, out _);
        for (var i = 0; i < 50; i++)
        {
            balancer.Pick(new PickContext { Tried = [busy] }, out var lease);
            lease.Complete();
        }

        for (var i = 0; i < 50; i++)
        {
            var lease = balancer.Pick();
            Assert.Same(free, lease.Endpoint);
            lease.Complete();
        }

        // Level, once it has one as well: then the picks decide.
        var second = balancer.Pick();
        Assert.Same(free, second.Endpoint);
        Assert.Same(busy, balancer.Pick().Endpoint);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(5)]
    [InlineData(50)]
    public void Pick_EqualWeights_SpreadsAsWellAsPlainLeastOfTwo(double held)
    {
        const int count = 100;
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, count)));
        using var sessions = HeldSessions.PerEndpoint(balancer, held, connected: true);
        var plain = new PlainLeastOfTwo(count, (int)(held * count));
        plain.Run((int)(held * count));
        var (ours, theirs, ourMost, theirMost) = (0.0, 0.0, 0L, 0L);
        for (var i = 0; i < 200; i++)
        {
            sessions.Run(count);
            plain.Run(count);
            ours += Variance([.. balancer.Endpoints.Select(endpoint => endpoint.Load)]);
            theirs += Variance(plain.Loads);
            ourMost = Math.Max(ourMost, balancer.Endpoints.Max(endpoint => endpoint.Load));
            theirMost = Math.Max(theirMost, plain.Loads.Max());
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{Math.Sqrt(ours / 200):F3} {Math.Sqrt(theirs / 200):F3} {ourMost} {theirMost}");
        Assert.InRange(Math.Sqrt(ours), 0, 1.05 * Math.Sqrt(theirs));
        Assert.InRange(ourMost, 0, theirMost + 1);
    }

    [Fact]
    public void Pick_Idle_TakesTurns()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 100)));
        var counts = balancer.Count(() => balancer.PickIdle(100_000));
        Assert.All(counts.Values, count => Assert.InRange(count, 990, 1010));
    }

    [Fact]
    public void Pick_InvalidWeights_CountAsOne()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(double.NaN, -1, double.PositiveInfinity, 1));
        var counts = balancer.Count(() => balancer.PickIdle(4000));
        Assert.All(counts.Values, count => Assert.InRange(count, 990, 1010));
    }

    [Theory]
    [InlineData(1e308, 1e308, 1e308)]
    [InlineData(1e-300, 1e-300, 1e-300)]
    [InlineData(5e-324, 5e-324, 5e-324)]
    [InlineData(1e308, 1e308, 1e-300)]
    [InlineData(1e308, 1e308, 5e-324)]
    [InlineData(1, 1, 5e-324)]
    public void Pick_ExtremeWeights_SharesHold(double first, double second, double third)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(first, second, third));
        using var sessions = new HeldSessions(balancer, 7);
        var counts = balancer.Count(() => sessions.Run(10_000));
        var expected = third == first ? 3333 : 5000;
        Assert.InRange(counts[balancer.Find(0)], expected - 100, expected + 100);
        Assert.InRange(counts[balancer.Find(1)], expected - 100, expected + 100);
    }

    [Fact]
    public void Pick_ExtremeGroupWeights_SharesHold()
    {
        var balancer = BalancerDriver.Balancer(new EndpointSet(
            BalancerDriver.Group([1], 1e308), BalancerDriver.Group([1], 1e308, first: 1), BalancerDriver.Group([1], 5e-324, first: 2)));
        var counts = balancer.Count(() => balancer.PickIdle(10_000));
        Assert.InRange(counts[balancer.Find(0)], 4_800, 5_200);
        Assert.Equal(0, counts[balancer.Find(2)]);
        Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Tried = [balancer.Find(0), balancer.Find(1)] }, out _));
    }

    [Fact]
    public void Pick_SameSeed_SamePicks()
    {
        var set = BalancerDriver.Weights(Enumerable.Range(1, 30).Select(i => (double)i));
        var (one, two) = (BalancerDriver.Balancer(set), BalancerDriver.Balancer(set));
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(one.Pick().Endpoint!.Address, two.Pick().Endpoint!.Address);
        }
    }

    private static double Variance(long[] loads)
    {
        var mean = loads.Average();
        return loads.Average(load => (load - mean) * (load - mean));
    }

    /// <summary>What is taught: of two drawn uniformly the one with less load, the first on a tie.</summary>
    private sealed class PlainLeastOfTwo(int count, int held)
    {
        private readonly Random _random = RandomSource.Seeded(7);
        private readonly List<int> _sessions = [];

        public long[] Loads { get; } = new long[count];

        public void Run(int picks)
        {
            for (var i = 0; i < picks; i++)
            {
                var (a, b) = (Draw(count), Draw(count - 1));
                b += b >= a ? 1 : 0;
                var picked = Loads[b] < Loads[a] ? b : a;
                Loads[picked]++;
                _sessions.Add(picked);
                if (_sessions.Count > held)
                {
                    var ended = Draw(held);
                    Loads[_sessions[ended]]--;
                    _sessions[ended] = _sessions[^1];
                    _sessions.RemoveAt(_sessions.Count - 1);
                }
            }
        }

        private int Draw(int below) => (int)(_random.NextDouble() * below);
    }
}
