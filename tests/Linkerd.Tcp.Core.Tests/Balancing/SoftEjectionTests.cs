using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>What an active check says of endpoints, and its limits.</summary>
public sealed class SoftEjectionTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void MarkDown_EightOfTen_FiveAreEjected()
    {
        var balancer = Balancer(10);
        var ejected = balancer.Endpoints.Take(8).Count(endpoint => endpoint.MarkDown());
        Assert.Equal(5, ejected);
        Assert.Equal(5, balancer.Endpoints.Count(endpoint => endpoint.EjectionCauses == EjectionCause.Check));
        Assert.Equal(5, balancer.Endpoints.Count(endpoint => endpoint.IsDown));
        var picked = balancer.Count(() => balancer.PickIdle(1000));
        Assert.All(picked, count => Assert.Equal(count.Key.IsDown ? 0 : 200, count.Value, tolerance: 5));
    }

    [Theory]
    [InlineData(2, 0.5, 1)]
    [InlineData(3, 0.5, 1)]
    [InlineData(3, 0.34, 1)]
    [InlineData(3, 0.33, 0)]
    [InlineData(100, 0.29, 29)]
    [InlineData(10, 0, 0)]
    [InlineData(10, 1, 10)]
    [InlineData(1, 1, 0)]
    public void MarkDown_All_ShareIsKept(int endpoints, double share, int expected)
    {
        var balancer = Balancer(endpoints, share);
        Assert.Equal(expected, balancer.Endpoints.Count(endpoint => endpoint.MarkDown()));
    }

    [Fact]
    public void MarkDown_LimitLifts_NextOneIsEjected()
    {
        var balancer = Balancer(4);
        Assert.True(balancer.Endpoints[0].MarkDown());
        Assert.True(balancer.Endpoints[1].MarkDown());
        Assert.False(balancer.Endpoints[2].MarkDown());
        balancer.Endpoints[0].MarkUp();
        Assert.True(balancer.Endpoints[2].MarkDown());
        Assert.False(balancer.Endpoints[3].MarkDown());

        // A larger set has room for more, a smaller one for fewer; those that are ejected stay so.
        balancer.Update(BalancerDriver.Weights(Enumerable.Repeat(1.0, 6)));
        Assert.True(balancer.Find(3).MarkDown());
        Assert.False(balancer.Find(4).MarkDown());
        balancer.Update(BalancerDriver.Weights(Enumerable.Repeat(1.0, 4)));
        Assert.Equal(3, balancer.Endpoints.Count(endpoint => endpoint.IsDown));
    }

    [Fact]
    public void MarkDown_OthersFailTheirConnects_HardEvidenceIsNotLimited()
    {
        var balancer = Balancer(10);
        foreach (var endpoint in balancer.Endpoints.Take(7))
        {
            Fail(balancer, endpoint);
        }

        Assert.Equal(7, balancer.Endpoints.Count(endpoint => endpoint.EjectionCauses == EjectionCause.ConnectFailures));
        Assert.False(balancer.Endpoints[8].MarkDown());
        Assert.True(balancer.Endpoints.Take(7).All(endpoint => !endpoint.MarkDown()));
    }

    [Fact]
    public void MarkDown_AllOfThem_PanicTriesThemOneConnectEach()
    {
        var balancer = Balancer(3, share: 1);
        Assert.All(balancer.Endpoints, endpoint => Assert.True(endpoint.MarkDown()));
        EndpointLease[] leases = [balancer.Pick(), balancer.Pick(), balancer.Pick()];
        Assert.Equal(3, leases.Select(lease => lease.Endpoint).Distinct().Count());
        Assert.Equal(PickResult.Unavailable, balancer.Pick(default, out _));

        // A connect that succeeds does not overrule the check, but serves.
        leases[0].Connected(TimeSpan.FromMilliseconds(1));
        Assert.Equal(EjectionCause.Check, leases[0].Endpoint!.EjectionCauses);
        Assert.Same(leases[0].Endpoint, balancer.Pick().Endpoint);
    }

    [Fact]
    public void MarkUp_WasDown_StartsSlowly()
    {
        var balancer = Balancer(10, slowStart: TimeSpan.FromSeconds(10));
        var endpoint = balancer.Endpoints[0];
        endpoint.MarkDown();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(1000))[endpoint]);
        endpoint.MarkUp();
        Assert.Equal((EjectionCause.None, false), (endpoint.EjectionCauses, endpoint.IsDown));
        Assert.InRange(balancer.Count(() => balancer.PickIdle(1000))[endpoint], 1, 30);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.InRange(balancer.Count(() => balancer.PickIdle(1000))[endpoint], 90, 165);
    }

    [Fact]
    public void MarkUp_ConnectsFailedToo_MayBeProbedAtOnce()
    {
        var balancer = Balancer(4);
        var endpoint = balancer.Endpoints[0];
        Fail(balancer, endpoint);
        Assert.True(endpoint.MarkDown());
        Assert.Equal(EjectionCause.ConnectFailures | EjectionCause.Check, endpoint.EjectionCauses);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(200))[endpoint]);

        endpoint.MarkUp();
        Assert.Equal(EjectionCause.ConnectFailures, endpoint.EjectionCauses);
        EndpointLease lease;
        do
        {
            lease = balancer.Pick();
        }
        while (lease.Endpoint != endpoint);
        Assert.True(lease.IsProbe);
        lease.Connected(TimeSpan.FromMilliseconds(1));
        Assert.Equal(EjectionCause.None, endpoint.EjectionCauses);
    }

    [Fact]
    public void MarkUp_OperatorEjectedIt_StaysSo()
    {
        var balancer = Balancer(4);
        var endpoint = balancer.Endpoints[0];
        Assert.True(endpoint.Eject(TimeSpan.FromHours(1)));
        endpoint.MarkDown();
        endpoint.MarkUp();
        Assert.Equal(EjectionCause.Operator, endpoint.EjectionCauses);
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(200))[endpoint]);
    }

    [Fact]
    public void Reset_WasDown_NextFailedCheckEjectsAgain()
    {
        var balancer = Balancer(2);
        var endpoint = balancer.Endpoints[0];
        endpoint.MarkDown();
        endpoint.Reset();
        Assert.False(endpoint.IsDown);
        Assert.True(endpoint.MarkDown());
        Assert.Equal(2, endpoint.Ejections);
    }

    [Fact]
    public void Update_OneIsLeft_IsNotEjectedAnyMore()
    {
        var balancer = Balancer(2);
        var endpoint = balancer.Endpoints[0];
        endpoint.MarkDown();
        balancer.Update(BalancerDriver.Weights(1));
        Assert.Equal((endpoint, false), (balancer.Endpoints[0], endpoint.IsDown));
        Assert.False(endpoint.MarkDown());
    }

    private static void Fail(ILoadBalancer balancer, ServerEndpoint endpoint)
    {
        ServerEndpoint[] others = [.. balancer.Endpoints.Where(other => other != endpoint)];
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Tried = others }, out var lease));
            lease.Failed(ConnectFailure.Refused);
        }
    }

    private ILoadBalancer Balancer(int endpoints, double share = 0.5, TimeSpan slowStart = default) => BalancerDriver.Balancer(
        BalancerDriver.Weights(Enumerable.Repeat(1.0, endpoints)),
        options: new BalancerOptions
        {
            TimeProvider = _time,
            SlowStart = new SlowStartOptions { Window = slowStart },
            Breaker = new CircuitBreakerOptions { MaxEjectedShare = share },
        });
}
