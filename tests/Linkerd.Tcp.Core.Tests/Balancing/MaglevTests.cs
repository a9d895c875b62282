using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Hashing;
using Linkerd.Tcp.Balancing.Maglev;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp;

public sealed class MaglevTests
{
    private const int Clients = 20_000;

    private static readonly BalancerOptions Bounded = new() { HashBalanceFactor = 125, HashBalanceFloor = 0 };

    [Fact]
    public void Size_AnyCount_IsAPrimeOfAHundredPerEndpoint()
    {
        foreach (var count in (int[])[1, 655, 656, 2621, 10_000, 10_486])
        {
            var hashes = Enumerable.Range(0, count).Select(i => ClientHash.Mix((ulong)i)).ToArray();
            var size = new MaglevTable(hashes, Enumerable.Repeat(1.0, count).ToArray()).Size;
            Assert.InRange(size, 100 * count, int.MaxValue);
            Assert.DoesNotContain(Enumerable.Range(2, (int)Math.Sqrt(size)), divisor => size % divisor == 0);
        }
    }

    [Fact]
    public void Pick_SameHash_SameEndpointInAnyProcess()
    {
        var set = BalancerDriver.Weights(Enumerable.Repeat(1.0, 10));
        var one = Balancer(set);
        var shuffled = new EndpointSet(new EndpointGroup(set.Groups[0].Endpoints.Reverse()));
        var two = BalancerDriver.Balancer(shuffled, seed: 99, kind: BalancerKind.Maglev);
        for (var i = 1; i < 1000; i++)
        {
            Assert.Equal(Where(one, (ulong)i), Where(two, (ulong)i));
        }

        // The first clients, as they are for ever: an endpoint of another number here would move the clients of every proxy that is upgraded.
        Assert.Equal("04184022932749204862", string.Concat(Enumerable.Range(1, 20).Select(i => ((IPEndPoint)Where(one, (ulong)i)).Address.GetAddressBytes()[3])));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(10)]
    public void Update_OneLeaves_HardlyAnyOtherClientMoves(int count)
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, count)));
        var before = Map(balancer);
        var left = BalancerDriver.Address(count / 2);

        balancer.Update(new EndpointSet(new EndpointGroup(Enumerable.Range(0, count).Where(i => i != count / 2).Select(i => new WeightedAddress(BalancerDriver.Address(i))))));

        var after = Map(balancer);
        var moved = Enumerable.Range(0, Clients).Count(i => !before[i].Equals(after[i]));
        var had = before.Count(address => address.Equals(left));
        TestContext.Current.TestOutputHelper?.WriteLine($"{100.0 * moved / Clients:F2} % moved, {100.0 * had / Clients:F2} % had to");
        Assert.InRange(moved, had, Clients / count + (Clients / 100));
    }

    [Fact]
    public void Pick_OneIsEjected_OnlyItsClientsMove()
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 100)), new BalancerOptions { SlowStart = new SlowStartOptions { Window = TimeSpan.Zero } });
        var before = Map(balancer);
        var ejected = balancer.Find(17);

        ejected.Eject(Timeout.InfiniteTimeSpan);

        var after = Map(balancer);
        Assert.All(Enumerable.Range(0, Clients), i => Assert.Equal(!before[i].Equals(ejected.Address), before[i].Equals(after[i])));

        // They go to many, not to one.
        var taken = after.Where((_, i) => before[i].Equals(ejected.Address)).CountBy(address => address).Max(pair => pair.Value);
        Assert.InRange(taken, 1, 12);

        ejected.Reset();
        Assert.Equal(before, Map(balancer));
    }

    [Fact]
    public void Pick_Weights_ClientsFollowThem()
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Range(1, 20).Select(i => (double)i)));
        var hashes = balancer.Endpoints.Select(endpoint => AddressOrder.Hash(endpoint.Address)).ToArray();
        var table = new MaglevTable(hashes, balancer.Endpoints.Select(endpoint => endpoint.Weight / 20).ToArray());
        var counts = new int[20];
        for (var i = 0; i < table.Size; i++)
        {
            counts[table[i]]++;
        }

        for (var i = 0; i < counts.Length; i++)
        {
            var expected = table.Size * (i + 1) / 210.0;
            Assert.InRange(counts[i], expected * 0.98, expected * 1.02);
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(64)]
    public void Pick_OneClientHasHalfOfTheSessions_LoadsStayWithinTheBound(int count)
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Range(0, count).Select(i => 1.0 + (i % 3))), Bounded);
        var (random, sum) = (RandomSource.Seeded(4), Enumerable.Range(0, count).Sum(i => 1.0 + (i % 3)));
        for (var i = 0; i < 50 * count; i++)
        {
            var hash = i % 2 == 0 ? 12345 : random.NextUInt64();
            Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Hash = hash }, out var lease));
            Assert.InRange(lease.Endpoint!.Load, 1, Math.Ceiling(1.25 * (i + 1) * lease.Endpoint.Weight / sum));
        }
    }

    [Fact]
    public void Pick_OneOfManyHasHalfOfTheSessions_LoadsStayNearTheBound()
    {
        const int count = 1000;
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, count)), Bounded);
        var random = RandomSource.Seeded(4);
        for (var i = 0; i < 20 * count; i++)
        {
            balancer.Pick(new PickContext { Hash = i % 2 == 0 ? 12345 : random.NextUInt64() }, out _);
        }

        // The sum is that of some hundreds of picks ago.
        Assert.InRange(balancer.Endpoints.Max(endpoint => endpoint.Load), 20, 26);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(1000)]
    public void Pick_OneClientHasManySessions_AllGoToOneServer(int sessions)
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)));
        Assert.Single(Servers(balancer, hash: 12345, sessions));
    }

    [Fact]
    public void Pick_TwoClientsOfOneServer_BothGoThere()
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)));
        var first = Where(balancer, 1);
        var second = Enumerable.Range(2, 1000).First(i => Where(balancer, (ulong)i).Equals(first));
        Assert.Equal([first], Servers(balancer, hash: 1, 1));
        Assert.Equal([first], Servers(balancer, (ulong)second, 1));
    }

    [Theory]
    [InlineData(0, 2, 2)]
    [InlineData(16, 16, 1)]
    [InlineData(16, 17, 2)]
    public void Pick_FactorAndFewSessions_StickBelowTheFloor(int floor, int sessions, int servers)
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)), Bounded.With(own => own.HashBalanceFloor = floor));
        Assert.Equal(servers, Servers(balancer, hash: 12345, sessions).Count);
    }

    [Fact]
    public void Pick_FactorAndManySessions_ServerHasItsShareTimesTheFactor()
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)), new BalancerOptions { HashBalanceFactor = 200 });
        _ = Servers(balancer, hash: 12345, 1000);

        // Twice the mean of 100.
        Assert.Equal(200, balancer.Endpoints.Max(endpoint => endpoint.Load));
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(100_001, 0)]
    [InlineData(125, -1)]
    public void Create_FactorOrFloorOutOfRange_IsRefused(int factor, int floor) => Assert.Throws<InvalidOptionsException>(() =>
        LoadBalancers.Create(BalancerKind.Maglev, new BalancerOptions { HashBalanceFactor = factor, HashBalanceFloor = floor }));

    [Fact]
    public void Update_OneJoins_TakesItsShareAndHardlyAnyOtherClientMoves()
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)), new BalancerOptions { SlowStart = new SlowStartOptions { Window = TimeSpan.Zero } });
        var before = Map(balancer);

        balancer.Update(BalancerDriver.Weights(Enumerable.Repeat(1.0, 11)));

        var after = Map(balancer);
        var joined = BalancerDriver.Address(10);
        Assert.InRange(after.Count(address => address.Equals(joined)), Clients / 11 * 0.9, Clients / 11 * 1.1);
        var moved = Enumerable.Range(0, Clients).Count(i => !before[i].Equals(after[i]) && !after[i].Equals(joined));
        TestContext.Current.TestOutputHelper?.WriteLine($"{100.0 * moved / Clients:F2} % moved between others");
        Assert.InRange(moved, 0, Clients / 100);
    }

    [Fact]
    public void Pick_ServerIsFull_ItsFurtherSessionsGoElsewhereAndComeBack()
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)), new BalancerOptions { MaxConnections = 2 });
        var before = Map(balancer);
        Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Hash = 1 }, out var one));
        Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Hash = 1 }, out var two));
        var full = one.Endpoint!.Address;
        Assert.Equal(full, two.Endpoint!.Address);

        var after = Map(balancer);
        Assert.All(Enumerable.Range(0, Clients), i => Assert.Equal(!before[i].Equals(full), before[i].Equals(after[i])));

        one.Complete();
        two.Complete();
        Assert.Equal(before, Map(balancer));
    }

    [Fact]
    public void Pick_ReturningEndpoint_GetsItsClientsBackByAndBy()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)), new BalancerOptions { TimeProvider = time });
        var before = Map(balancer);
        var drained = balancer.Find(3);
        drained.Drain();
        drained.Undrain();
        var had = new HashSet<int>();
        foreach (var seconds in (int[])[0, 3, 3, 3])
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            var now = Map(balancer);
            Assert.Equal(now, Map(balancer));
            var has = Enumerable.Range(0, Clients).Where(i => now[i].Equals(drained.Address)).ToHashSet();
            Assert.ProperSuperset(had, has);
            Assert.All(has, i => Assert.Equal(drained.Address, before[i]));
            had = has;
        }

        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(before, Map(balancer));
    }

    [Fact]
    public void Pick_NoClient_IsRandom()
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)));
        var counts = balancer.Count(() => balancer.PickIdle(10_000));
        Assert.All(counts.Values, count => Assert.InRange(count, 850, 1150));
    }

    private static ILoadBalancer Balancer(EndpointSet set, BalancerOptions? options = null) => BalancerDriver.Balancer(set, options: options, kind: BalancerKind.Maglev);

    // Where so many of one client go that are all open.
    private static HashSet<EndPoint> Servers(ILoadBalancer balancer, ulong hash, int sessions) =>
    [
        .. Enumerable.Range(0, sessions).Select(_ =>
        {
            Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Hash = hash }, out var lease));
            return lease.Endpoint!.Address;
        }),
    ];

    private static EndPoint[] Map(ILoadBalancer balancer) => [.. Enumerable.Range(1, Clients).Select(i => Where(balancer, (ulong)i))];

    private static EndPoint Where(ILoadBalancer balancer, ulong hash)
    {
        Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Hash = hash }, out var lease));
        var address = lease.Endpoint!.Address;
        lease.Complete();
        return address;
    }
}
