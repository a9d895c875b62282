using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>The first of all endpoints to be well again after an outage.</summary>
public sealed class RecoveryTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Recover_ACrowdWaits_LetsInNoMoreThanABacklogHolds()
    {
        var balancer = Balancer(2);
        FailAll(balancer);
        balancer.Pick().Connected(TimeSpan.FromMilliseconds(1));

        var batches = Enumerable.Range(0, 10).Select(_ => ConnectAllThatMay(balancer)).ToList();

        Assert.Equal([2, 4, 8, 16, 32, 64, 128, 128, 128, 128], batches);
    }

    [Fact]
    public void Recover_FirstOfAll_OthersAreProbedSoonWhateverTheirBackoff()
    {
        var balancer = Balancer(10);
        FailAll(balancer);
        for (var i = 0; i < 8; i++)
        {
            FailProbes(balancer);
        }

        balancer.Pick().Connected(TimeSpan.FromMilliseconds(1));
        Assert.Single(balancer.Endpoints, endpoint => endpoint.Breaker == BreakerState.Closed);
        _time.Advance(TimeSpan.FromSeconds(2.4));
        Assert.Empty(Probed(balancer));
        _time.Advance(TimeSpan.FromSeconds(3.7));
        Assert.Equal(9, Probed(balancer).Count);
    }

    [Fact]
    public void Recover_OthersAreWell_BackoffsGoOn()
    {
        var balancer = Balancer(3);
        Fail(balancer, balancer.Endpoints[0], balancer.Endpoints[1]);
        for (var i = 0; i < 8; i++)
        {
            FailProbes(balancer);
        }

        balancer.Endpoints[0].Reset();
        Fail(balancer, balancer.Endpoints[0]);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal([balancer.Endpoints[0]], Probed(balancer));
        var probe = balancer.Pick();
        while (!probe.IsProbe)
        {
            probe.Complete();
            probe = balancer.Pick();
        }

        probe.Connected(TimeSpan.FromMilliseconds(1));
        Assert.Equal(BreakerState.Closed, balancer.Endpoints[0].Breaker);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Empty(Probed(balancer));
    }

    [Fact]
    public void Recover_OperatorEjectedAnother_ItsTimeHolds()
    {
        var balancer = Balancer(2);
        FailAll(balancer);
        balancer.Endpoints[1].Eject(TimeSpan.FromHours(1));
        _time.Advance(TimeSpan.FromSeconds(5));
        balancer.Pick().Connected(TimeSpan.FromMilliseconds(1));
        Assert.Equal(BreakerState.Closed, balancer.Endpoints[0].Breaker);
        _time.Advance(TimeSpan.FromMinutes(59));
        Assert.Empty(Probed(balancer));
    }

    private ILoadBalancer Balancer(int endpoints) =>
        BalancerDriver.Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, endpoints)), options: new BalancerOptions { TimeProvider = _time });

    private static void FailAll(ILoadBalancer balancer) => Fail(balancer, [.. balancer.Endpoints]);

    private static void Fail(ILoadBalancer balancer, params ServerEndpoint[] endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            for (var i = 0; i < 5; i++)
            {
                var context = new PickContext { Tried = [.. balancer.Endpoints.Where(other => other != endpoint)] };
                Assert.Equal(PickResult.Picked, balancer.Pick(in context, out var lease));
                lease.Failed(ConnectFailure.Refused);
            }

            Assert.Equal(BreakerState.Open, endpoint.Breaker);
        }
    }

    // Long enough for every back-off.
    private void FailProbes(ILoadBalancer balancer)
    {
        _time.Advance(TimeSpan.FromSeconds(300));
        var probes = new List<EndpointLease>();
        for (var i = 0; i < 200; i++)
        {
            var lease = balancer.Endpoints.Any(IsOpen) ? balancer.Pick() : default;
            if (lease.IsProbe)
            {
                probes.Add(lease);
            }
            else
            {
                lease.Complete();
            }
        }

        foreach (var probe in probes)
        {
            probe.Failed(ConnectFailure.Refused);
        }
    }

    /// <summary>Picks often, and says which endpoints were probed; the probes are given back without a result.</summary>
    private static HashSet<ServerEndpoint> Probed(ILoadBalancer balancer)
    {
        var leases = new List<EndpointLease>();
        for (var i = 0; i < 400; i++)
        {
            var context = default(PickContext);
            if (balancer.Pick(in context, out var lease) == PickResult.Picked)
            {
                if (lease.IsProbe)
                {
                    leases.Add(lease);
                }
                else
                {
                    lease.Complete();
                }
            }
        }

        var probed = leases.Select(static lease => lease.Endpoint!).ToHashSet();
        leases.ForEach(static lease => lease.Complete());
        return probed;
    }

    private static int ConnectAllThatMay(ILoadBalancer balancer)
    {
        var leases = new List<EndpointLease>();
        var context = default(PickContext);
        while (balancer.Pick(in context, out var lease) == PickResult.Picked)
        {
            leases.Add(lease);
        }

        foreach (var lease in leases)
        {
            lease.Connected(TimeSpan.FromMilliseconds(1));
        }

        return leases.Count;
    }

    private static bool IsOpen(ServerEndpoint endpoint) => endpoint.Breaker == BreakerState.Open;
}
