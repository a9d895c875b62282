using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

public sealed class SnapshotTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Snapshot_EndpointsInEveryState_SaysSo()
    {
        var balancer = LoadBalancers.Create(BalancerKind.P2c, new BalancerOptions { TimeProvider = _time, Random = RandomSource.Seeded(1) });
        balancer.Update(new EndpointSet(
            new EndpointGroup([Of(1, 2), Of(2), Of(3)]),
            new EndpointGroup([Of(4, 3)], tier: 1)));
        var (busy, failing, draining, backup) = (balancer.Endpoints[0], balancer.Endpoints[1], balancer.Endpoints[2], balancer.Endpoints[3]);
        draining.Drain();
        balancer.Fail(failing, 5);
        var open = balancer.PickOf(busy);
        open.Connected(TimeSpan.FromMilliseconds(20));
        var pending = balancer.PickOf(busy);
        _time.Advance(TimeSpan.FromSeconds(1));

        var (a, b, c, d) = (busy.Snapshot(), failing.Snapshot(), draining.Snapshot(), backup.Snapshot());
        Assert.Equal((2.0, 2.0, 2L, 1L, 1L, busy.Picks), (a.Weight, a.EffectiveWeight, a.Load, a.Open, a.Pending, a.Picks));
        Assert.Equal((BreakerState.Closed, null, 0, 0), (a.Breaker, a.TimeToProbe, a.Group, a.Tier));
        Assert.InRange(a.ConnectLatency.TotalMilliseconds, 17, 20);
        Assert.Equal((1.0, 0.0, BreakerState.Open, EjectionCause.ConnectFailures), (b.Weight, b.EffectiveWeight, b.Breaker, b.EjectionCauses));
        Assert.InRange(b.TimeToProbe!.Value.TotalSeconds, 1.5, 4);
        Assert.Equal((5, 5L, 1L), (b.ConsecutiveFailures, b.ConnectFailures, b.Ejections));
        Assert.Equal((true, 0.0), (c.IsDraining, c.EffectiveWeight));
        Assert.Equal((1, 1, 3.0), (d.Group, d.Tier, d.EffectiveWeight));

        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(TimeSpan.Zero, failing.Snapshot().TimeToProbe);
        failing.Eject(Timeout.InfiniteTimeSpan);
        Assert.Equal(Timeout.InfiniteTimeSpan, failing.Snapshot().TimeToProbe);
        draining.Undrain();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(0.5, draining.Snapshot().EffectiveWeight, 0.001);
        open.Complete();
        pending.Complete();
        Assert.Equal(0, busy.Snapshot().Load);
    }

    [Fact]
    public async Task Snapshot_Destination_HasItAll()
    {
        await using var router = new DestinationRegistry(new StaticResolver(Enumerable.Range(1, 3).Select(port => (EndPoint)new IPEndPoint(IPAddress.Loopback, port))));
        var destination = router.Get(DstPath.Parse("/svc/web"));
        Assert.True(SpinWait.SpinUntil(() => destination.Balancer.Endpoints.Count == 3, TimeSpan.FromSeconds(30)));
        var snapshot = destination.Snapshot();
        Assert.Equal((DstPath.Parse("/svc/web"), 0, 100.0, 3), (snapshot.Name, snapshot.PendingSessions, snapshot.RetriesLeft, snapshot.Endpoints.Length));
        Assert.Equal(2, ((IPEndPoint)destination.FindEndpoint(new IPEndPoint(IPAddress.Loopback, 2))!.Address).Port);
        Assert.Null(destination.FindEndpoint(new IPEndPoint(IPAddress.Loopback, 9)));
    }

    private static WeightedAddress Of(int port, double weight = 1) => new(new IPEndPoint(IPAddress.Loopback, port), weight);
}
