using Xunit;

namespace Linkerd.Tcp;

public sealed class EndpointLeaseTests
{
    private readonly ILoadBalancer _balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1));

    private Endpoint Endpoint => _balancer.Endpoints[0];

    [Fact]
    public void Pick_Any_IsPendingUntilConnected()
    {
        var lease = _balancer.Pick();
        AssertCounts(load: 1, open: 0, pending: 1);

        lease.Connected(TimeSpan.Zero);
        AssertCounts(load: 1, open: 1, pending: 0);

        lease.Dispose();
        AssertCounts(load: 0, open: 0, pending: 0);
        Assert.Equal(1, Endpoint.Picks);
    }

    [Fact]
    public void Dispose_NeverConnected_GivesBack()
    {
        var lease = _balancer.Pick();
        lease.Dispose();
        AssertCounts(load: 0, open: 0, pending: 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Dispose_Twice_CountsOnce(bool connected)
    {
        var other = _balancer.Pick();
        var lease = _balancer.Pick();
        if (connected)
        {
            other.Connected(TimeSpan.Zero);
            lease.Connected(TimeSpan.Zero);
        }

        Assert.Same(Endpoint, lease.Endpoint);
        lease.Dispose();
        Assert.Null(lease.Endpoint);
        lease.Dispose();

        AssertCounts(load: 1, open: connected ? 1 : 0, pending: connected ? 0 : 1);
        other.Dispose();
    }

    [Fact]
    public void Connected_Twice_CountsOnce()
    {
        var lease = _balancer.Pick();
        lease.Connected(TimeSpan.Zero);
        lease.Connected(TimeSpan.Zero);
        AssertCounts(load: 1, open: 1, pending: 0);
        lease.Dispose();
        AssertCounts(load: 0, open: 0, pending: 0);
    }

    [Theory]
    [InlineData(ConnectFailure.Refused, 1)]
    [InlineData(ConnectFailure.TimedOut, 1)]
    [InlineData(ConnectFailure.Unreachable, 1)]
    [InlineData(ConnectFailure.Reset, 1)]
    [InlineData(ConnectFailure.Other, 1)]
    [InlineData(ConnectFailure.LocalResources, 0)]
    [InlineData(ConnectFailure.Cancelled, 0)]
    [InlineData(ConnectFailure.None, 0)]
    public void Failed_Cause_CountsWhereItSaysSomethingOfTheEndpoint(ConnectFailure cause, int failures)
    {
        var lease = _balancer.Pick();
        lease.Failed(cause);
        lease.Failed(cause);
        lease.Connected(TimeSpan.Zero);

        Assert.Equal(failures, Endpoint.ConnectFailures);
        AssertCounts(load: 1, open: 0, pending: 1);
        lease.Dispose();
        AssertCounts(load: 0, open: 0, pending: 0);
    }

    [Fact]
    public void Failed_AfterConnected_CountsNothing()
    {
        var lease = _balancer.Pick();
        lease.Connected(TimeSpan.Zero);
        lease.Failed(ConnectFailure.Reset);
        Assert.Equal(0, Endpoint.ConnectFailures);
        lease.Dispose();
        AssertCounts(load: 0, open: 0, pending: 0);
    }

    [Fact]
    public void Default_EveryMember_DoesNothing()
    {
        var lease = default(EndpointLease);
        lease.Connected(TimeSpan.Zero);
        lease.Failed(ConnectFailure.Refused);
        lease.Dispose();
        Assert.Null(lease.Endpoint);
    }

    private void AssertCounts(long load, long open, long pending) =>
        Assert.Equal((load, open, pending), (Endpoint.Load, Endpoint.Open, Endpoint.Pending));
}
