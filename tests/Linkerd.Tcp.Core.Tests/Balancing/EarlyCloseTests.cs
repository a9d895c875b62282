using Linkerd.Tcp.Balancing;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>Sessions that the server ends at once, without a byte.</summary>
public sealed class EarlyCloseTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(5);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void EarlyCloses_AsManyAsTheOption_EjectTheEndpoint()
    {
        var balancer = Balancer(endpoints: 4);
        var endpoint = balancer.Endpoints[0];
        Close(balancer, endpoint, times: 2);
        Assert.Equal(EjectionCause.None, endpoint.EjectionCauses);
        Close(balancer, endpoint, times: 1);
        Assert.Equal((EjectionCause.EarlyCloses, BreakerState.Open, 1), (endpoint.EjectionCauses, endpoint.Breaker, endpoint.Ejections));
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(100))[endpoint]);
    }

    [Theory]
    [InlineData(1, 5, true)]
    [InlineData(0, 101, true)]
    public void EarlyCloses_OneOfThemIsNone_CountStartsAnew(long bytes, double milliseconds, bool byServer)
    {
        var balancer = Balancer(endpoints: 4);
        var endpoint = balancer.Endpoints[0];
        Close(balancer, endpoint, times: 2);
        Close(balancer, endpoint, times: 1, bytes, TimeSpan.FromMilliseconds(milliseconds), byServer);
        Close(balancer, endpoint, times: 2);
        Assert.Equal(EjectionCause.None, endpoint.EjectionCauses);
        Close(balancer, endpoint, times: 1);
        Assert.Equal(EjectionCause.EarlyCloses, endpoint.EjectionCauses);
    }

    [Fact]
    public void EarlyCloses_NotByTheServer_SayNothing()
    {
        var balancer = Balancer(endpoints: 4);
        var endpoint = balancer.Endpoints[0];
        Close(balancer, endpoint, times: 100, byServer: false);
        Assert.Equal(EjectionCause.None, endpoint.EjectionCauses);

        // Nor do they speak for it.
        Close(balancer, endpoint, times: 2);
        Close(balancer, endpoint, times: 100, byServer: false);
        Close(balancer, endpoint, times: 1);
        Assert.Equal(EjectionCause.EarlyCloses, endpoint.EjectionCauses);
    }

    [Fact]
    public void EarlyCloses_OptionIsOff_SayNothing()
    {
        var balancer = Balancer(endpoints: 4, earlyCloses: 0);
        Close(balancer, balancer.Endpoints[0], times: 100);
        Assert.Equal(EjectionCause.None, balancer.Endpoints[0].EjectionCauses);
    }

    [Fact]
    public void EarlyCloses_OnlyEndpoint_IsNeverEjected()
    {
        var balancer = Balancer(endpoints: 1, share: 1);
        Close(balancer, balancer.Endpoints[0], times: 100);
        Assert.Equal(EjectionCause.None, balancer.Endpoints[0].EjectionCauses);
    }

    [Fact]
    public void EarlyCloses_OfAll_EjectTheShareAndNoMore()
    {
        var balancer = Balancer(endpoints: 10);
        foreach (var endpoint in balancer.Endpoints)
        {
            Close(balancer, endpoint, times: 3);
        }

        // More of them from those that are left.
        foreach (var endpoint in balancer.Endpoints.Where(endpoint => !endpoint.IsEjected))
        {
            Close(balancer, endpoint, times: 7);
        }

        Assert.Equal(5, balancer.Endpoints.Count(endpoint => endpoint.EjectionCauses == EjectionCause.EarlyCloses));

        // The limit lifts: the next one counts.
        balancer.Endpoints[0].Reset();
        Close(balancer, balancer.Endpoints[9], times: 1);
        Assert.Equal(EjectionCause.EarlyCloses, balancer.Endpoints[9].EjectionCauses);
    }

    [Fact]
    public void EarlyCloses_NeverConnected_SayNothing()
    {
        var balancer = Balancer(endpoints: 2, earlyCloses: 1, share: 1);
        var lease = balancer.Pick();
        var endpoint = lease.Endpoint!;
        lease.Complete(new ConnectionReport(0, Soon, true));
        lease.Complete(new ConnectionReport(0, Soon, true));
        Assert.Equal(EjectionCause.None, endpoint.EjectionCauses);
    }

    [Fact]
    public void EarlyCloses_ProbeIsClosedEarlyToo_EjectsAgainForLonger()
    {
        var balancer = Balancer(endpoints: 2);
        var endpoint = balancer.Endpoints[0];
        Close(balancer, endpoint, times: 3);
        for (var round = 1; round <= 4; round++)
        {
            // Half to all of 5, 10, 20 and 40 s: before half nobody tries, after all of it somebody does.
            var ceiling = TimeSpan.FromSeconds(5 * Math.Pow(2, round - 1));
            _time.Advance((ceiling / 2) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(0, balancer.Count(() => balancer.PickIdle(50))[endpoint]);
            _time.Advance((ceiling / 2) + TimeSpan.FromMilliseconds(1));
            Close(balancer, endpoint, times: 1);
            Assert.Equal((EjectionCause.EarlyCloses, round + 1), (endpoint.EjectionCauses, endpoint.Ejections));
        }
    }

    private ILoadBalancer Balancer(int endpoints, int earlyCloses = 3, double share = 0.5) => BalancerDriver.Balancer(
        BalancerDriver.Weights(Enumerable.Repeat(1.0, endpoints)),
        options: new BalancerOptions
        {
            TimeProvider = _time,
            SlowStart = new SlowStartOptions { Window = TimeSpan.Zero },
            Breaker = new CircuitBreakerOptions { EarlyCloses = earlyCloses, MaxEjectedShare = share },
        });

    /// <summary>Sessions of one endpoint, one after the other.</summary>
    private static void Close(ILoadBalancer balancer, ServerEndpoint endpoint, int times, long bytes = 0, TimeSpan? open = null, bool byServer = true)
    {
        ServerEndpoint[] others = [.. balancer.Endpoints.Where(other => other != endpoint)];
        while (times > 0)
        {
            EndpointLease lease;
            do
            {
                // An ejected one is not probed by a session that has failed elsewhere: no list of those tried, then.
                Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Tried = endpoint.IsEjected ? [] : others }, out lease));
                if (lease.Endpoint != endpoint)
                {
                    lease.Complete();
                }
            }
            while (lease.Endpoint != endpoint);
            lease.Connected(TimeSpan.FromMilliseconds(1));
            lease.Complete(new ConnectionReport(bytes, open ?? Soon, byServer));
            times--;
        }
    }
}
