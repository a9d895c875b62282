using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>What updates keep, and that none of them makes a burst.</summary>
public sealed class UpdateTests
{
    [Theory]
    [MemberData(nameof(BalancerDriver.Kinds), MemberType = typeof(BalancerDriver))]
    public void Update_EndpointStays_KeepsItsState(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1, 1), kind: kind);
        using var sessions = new HeldSessions(balancer, 9);
        sessions.Run(100);
        var kept = balancer.Find(1);
        var (picks, load) = (kept.Picks, kept.Load);

        balancer.Update(BalancerDriver.Weights(5, 2));

        Assert.Same(kept, balancer.Find(1));
        Assert.Equal((picks, load, 2.0), (kept.Picks, kept.Load, kept.Weight));
        Assert.Equal(2, balancer.Endpoints.Count);
    }

    [Theory]
    [MemberData(nameof(BalancerDriver.Kinds), MemberType = typeof(BalancerDriver))]
    public void Update_EndpointLeaves_ItsLeasesStayGood(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1), kind: kind);
        var lease = balancer.Pick();
        var left = lease.Endpoint!;

        balancer.Update(new EndpointSet(BalancerDriver.Group([1], first: 1)));
        Assert.DoesNotContain(left, balancer.Endpoints);
        lease.Connected(TimeSpan.Zero);
        Assert.Equal(1, left.Open);
        lease.Complete();
        Assert.Equal(0, left.Load);

        balancer.PickIdle(10);
        Assert.Equal(1, left.Picks);
    }

    [Theory]
    [InlineData(BalancerKind.P2c)]
    [InlineData(BalancerKind.PeakEwma)]
    [InlineData(BalancerKind.LeastConnections)]
    public void Update_EndpointComesBack_FindsItsLoadWhereItHasAny(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), kind: kind);
        var (held, free) = (balancer.Pick(), balancer.Pick());
        var (loaded, idle) = (held.Endpoint!, free.Endpoint!);
        Assert.NotSame(loaded, idle);
        free.Complete();

        balancer.Update(EndpointSet.Empty);
        balancer.Update(new EndpointSet(BalancerDriver.Group([1], first: 5)));
        balancer.Update(BalancerDriver.Weights(1, 1));

        Assert.Contains(loaded, balancer.Endpoints);
        Assert.DoesNotContain(idle, balancer.Endpoints);
        Assert.Equal(1, loaded.Load);
        held.Complete();
    }

    [Theory]
    [MemberData(nameof(BalancerDriver.Kinds), MemberType = typeof(BalancerDriver))]
    public void Update_EndpointJoins_StartsLevelWithTheOthers(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 10)), options: new BalancerOptions { SlowStart = new SlowStartOptions { Window = TimeSpan.Zero } }, kind: kind);
        balancer.PickIdle(100_000);

        balancer.Update(BalancerDriver.Weights(Enumerable.Repeat(1.0, 11)));

        var counts = balancer.Count(() => balancer.PickIdle(220));
        var slack = IsRandom(kind) ? 15 : 3;
        Assert.InRange(counts[balancer.Find(10)], 20 - slack, 20 + slack);
    }

    [Fact]
    public void Update_EndpointJoinsUnderLoad_GetsNoMoreThanTwoDrawsGiveIt()
    {
        const int count = 20;
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, count - 1)));
        using var sessions = HeldSessions.PerEndpoint(balancer, 50, connected: true);

        balancer.Update(BalancerDriver.Weights(Enumerable.Repeat(1.0, count)));

        var counts = balancer.Count(() => sessions.Run(400));
        Assert.InRange(counts[balancer.Find(count - 1)], 1, 400 * 2 / count * 1.3);
    }

    [Theory]
    [InlineData(1, 10, 52.6)]
    [InlineData(10, 1, 10)]
    [InlineData(1, 0.1, 1.1)]
    [InlineData(0.1, 1, 10)]
    public void Update_Reweighted_HasItsNewShareAtOnce(double before, double after, double share) => Assert.All(
        Enum.GetValues<BalancerKind>().Where(kind => !IsRandom(kind)),
        kind => CheckReweighted(kind, before, after, share));

    private static void CheckReweighted(BalancerKind kind, double before, double after, double share)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights([before, .. Enumerable.Repeat(1.0, 9)]), kind: kind);
        balancer.PickIdle(100_000);

        balancer.Update(BalancerDriver.Weights([after, .. Enumerable.Repeat(1.0, 9)]));

        // Not one after the other in blocks, but evenly: each hundred picks has the share.
        for (var i = 0; i < 20; i++)
        {
            var counts = balancer.Count(() => balancer.PickIdle(100));
            Assert.InRange(counts[balancer.Find(0)], share - 5, share + 5);
        }
    }

    [Theory]
    [MemberData(nameof(BalancerDriver.Kinds), MemberType = typeof(BalancerDriver))]
    public void Update_ManyTimes_SharesHold(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(3, 2, 1), kind: kind);
        using var sessions = new HeldSessions(balancer, 6);
        var reweighted = balancer.Find(1);
        var counts = balancer.Count(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                // All three change places and weights, for the same ratios.
                var factor = 1 + (i % 7);
                balancer.Update(BalancerDriver.Weights(3 * factor, 2 * factor, factor));
                sessions.Run(3);
            }
        });
        Assert.Same(reweighted, balancer.Find(1));

        var slack = IsRandom(kind) ? 400 : 150;
        Assert.InRange(counts[balancer.Find(0)], 15_000 - slack, 15_000 + slack);
        Assert.InRange(counts[reweighted], 10_000 - slack, 10_000 + slack);
    }

    [Theory]
    [MemberData(nameof(BalancerDriver.Kinds), MemberType = typeof(BalancerDriver))]
    public void Update_WeightsOfAnotherMagnitude_SharesHold(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1e308, 1e308, 1e308), kind: kind);
        balancer.PickIdle(1000);
        balancer.Update(BalancerDriver.Weights(1e-300, 1e-300, 3e-300));
        balancer.PickIdle(1000);
        balancer.Update(BalancerDriver.Weights(1e300, 1e300, 1e-300));

        var counts = balancer.Count(() => balancer.PickIdle(1000));

        var slack = IsRandom(kind) ? 70 : 20;
        Assert.InRange(counts[balancer.Find(0)], 500 - slack, 500 + slack);
        Assert.InRange(counts[balancer.Find(2)], 0, 1);
    }

    [Theory]
    [InlineData(BalancerKind.P2c)]
    [InlineData(BalancerKind.PeakEwma)]
    [InlineData(BalancerKind.LeastConnections)]
    public void Pick_EndpointWasSlowForLong_IsNotOwedAllItMissed(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), kind: kind);
        var (slow, other) = (balancer.Find(0), balancer.Find(1));
        var stuck = new List<EndpointLease>();
        for (var i = 0; i < 5; i++)
        {
            balancer.Pick(new PickContext { Tried = [other] }, out var lease);
            stuck.Add(lease);
        }

        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(10_000))[slow]);
        stuck.ForEach(lease => lease.Complete());

        var counts = balancer.Count(() => balancer.PickIdle(2000));
        Assert.InRange(counts[slow], 1000, 1040);
    }

    [Theory]
    [MemberData(nameof(BalancerDriver.Kinds), MemberType = typeof(BalancerDriver))]
    public void Update_SetIsTheSame_ChangesNothing(BalancerKind kind)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 2), kind: kind);
        var endpoints = balancer.Endpoints;
        var raised = 0;
        balancer.Changed += () => raised++;

        balancer.Update(BalancerDriver.Weights(1, 2));
        Assert.Equal(0, raised);
        Assert.Same(endpoints, balancer.Endpoints);

        balancer.Update(BalancerDriver.Weights(1, 3));
        balancer.Update(EndpointSet.Empty);
        Assert.Equal(2, raised);
        Assert.Equal(2, endpoints.Count);
    }

    [Fact]
    public void Changed_Handler_MayPick()
    {
        var balancer = LoadBalancers.Create(BalancerKind.P2c, new BalancerOptions { Random = RandomSource.Seeded(1) });
        var result = PickResult.Empty;
        balancer.Changed += () => result = balancer.Pick(default, out _);
        balancer.Update(BalancerDriver.Weights(1));
        Assert.Equal(PickResult.Picked, result);
    }

    [Fact]
    public void Update_AddressInTwoGroups_IsOneEndpoint()
    {
        var balancer = BalancerDriver.Balancer(new EndpointSet(BalancerDriver.Group([3, 1], 1), BalancerDriver.Group([1, 7], 2, first: 1)));
        Assert.Equal(3, balancer.Endpoints.Count);

        using var sessions = new HeldSessions(balancer, 30);
        sessions.Run(1000);

        Assert.Equal(30, balancer.Endpoints.Sum(endpoint => endpoint.Load));
        Assert.Equal(1, balancer.Find(1).Weight);
    }

    private static bool IsRandom(BalancerKind kind) => kind is BalancerKind.Random or BalancerKind.Maglev;
}
