using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp;

public sealed class EndpointLeaseTests
{
    private readonly ILoadBalancer _balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1));

    private ServerEndpoint Endpoint => _balancer.Endpoints[0];

    [Fact]
    public void Pick_Any_IsPendingUntilConnected()
    {
        var lease = _balancer.Pick();
        AssertCounts(load: 1, open: 0, pending: 1);

        lease.Connected(TimeSpan.Zero);
        AssertCounts(load: 1, open: 1, pending: 0);

        lease.Complete();
        AssertCounts(load: 0, open: 0, pending: 0);
        Assert.Equal(1, Endpoint.Picks);
    }

    [Fact]
    public void Complete_NeverConnected_GivesBack()
    {
        var lease = _balancer.Pick();
        lease.Complete();
        AssertCounts(load: 0, open: 0, pending: 0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Complete_Twice_CountsOnce(bool connected)
    {
        var other = _balancer.Pick();
        var lease = _balancer.Pick();
        if (connected)
        {
            other.Connected(TimeSpan.Zero);
            lease.Connected(TimeSpan.Zero);
        }

        Assert.Same(Endpoint, lease.Endpoint);
        lease.Complete();
        Assert.Null(lease.Endpoint);
        lease.Complete();

        AssertCounts(load: 1, open: connected ? 1 : 0, pending: connected ? 0 : 1);
        other.Complete();
    }

    [Fact]
    public void Connected_Twice_CountsOnce()
    {
        var lease = _balancer.Pick();
        lease.Connected(TimeSpan.Zero);
        lease.Connected(TimeSpan.Zero);
        AssertCounts(load: 1, open: 1, pending: 0);
        lease.Complete();
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
        AssertCounts(load: 0, open: 0, pending: 0);
        lease.Failed(cause);
        lease.Connected(TimeSpan.Zero);
        lease.Complete();

        Assert.Null(lease.Endpoint);
        Assert.Equal(failures, Endpoint.ConnectFailures);
        AssertCounts(load: 0, open: 0, pending: 0);
    }

    [Fact]
    public void Failed_AfterConnected_CountsNothing()
    {
        var lease = _balancer.Pick();
        lease.Connected(TimeSpan.Zero);
        lease.Failed(ConnectFailure.Reset);
        Assert.Equal(0, Endpoint.ConnectFailures);
        lease.Complete();
        AssertCounts(load: 0, open: 0, pending: 0);
    }

    [Fact]
    public void Default_EveryMember_DoesNothing()
    {
        var lease = default(EndpointLease);
        lease.Connected(TimeSpan.Zero);
        lease.Failed(ConnectFailure.Refused);
        Assert.Null(lease.Endpoint);
    }

    [Fact]
    public void Copies_EveryEvent_CountsOnceThroughAnyOfThem()
    {
        var lease = _balancer.Pick();
        EndpointLease[] copies = [lease, lease, lease];
        Array.ForEach(copies, static copy => copy.Connected(TimeSpan.Zero));
        AssertCounts(load: 1, open: 1, pending: 0);

        Array.ForEach(copies, static copy => copy.Failed(ConnectFailure.Refused));
        AssertCounts(load: 1, open: 1, pending: 0);

        Array.ForEach(copies, static copy => copy.Complete());
        Array.ForEach(copies, static copy => copy.Complete(default));
        AssertCounts(load: 0, open: 0, pending: 0);
        Assert.Equal(0, Endpoint.ConnectFailures);
        Assert.All(copies, static copy => Assert.Null(copy.Endpoint));
    }

    [Fact]
    public void Copy_AfterItsStateIsUsedByAnotherLease_DoesNothing()
    {
        var old = Enumerable.Range(0, 200).Select(_ => _balancer.Pick()).ToArray();
        Array.ForEach(old, static lease => lease.Complete());

        // More than there were, so that each state of the old ones is used again.
        var held = Enumerable.Range(0, 2000).Select(_ => _balancer.Pick()).ToArray();
        Array.ForEach(old, static lease => lease.Connected(TimeSpan.Zero));
        Array.ForEach(old, static lease => lease.Failed(ConnectFailure.Refused));
        Array.ForEach(old, static lease => lease.Complete());
        AssertCounts(load: 2000, open: 0, pending: 2000);
        Assert.All(held, lease => Assert.Same(Endpoint, lease.Endpoint));

        Array.ForEach(held, static lease => lease.Complete());
        AssertCounts(load: 0, open: 0, pending: 0);
    }

    [Fact]
    public async Task Events_OnOtherThreads_AreCounted()
    {
        var lease = _balancer.Pick();
        await Task.Run(() => lease.Connected(TimeSpan.Zero), TestContext.Current.CancellationToken);
        AssertCounts(load: 1, open: 1, pending: 0);
        await Task.Run(lease.Complete, TestContext.Current.CancellationToken);
        Assert.Null(lease.Endpoint);
        AssertCounts(load: 0, open: 0, pending: 0);
    }

    [Fact]
    public void Pick_ManyHeldOfWhichSomeEnd_AllocatesOnlyWhileMoreAreHeldThanEver()
    {
        var random = RandomSource.Seeded(1);
        var held = new EndpointLease[5000];
        Run(50_000);
        Assert.Contains(0, Enumerable.Range(0, 3).Select(_ =>
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run(100_000);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }));
        Array.ForEach(held, static lease => lease.Complete());
        AssertCounts(load: 0, open: 0, pending: 0);

        void Run(int times)
        {
            for (var i = 0; i < times; i++)
            {
                ref var lease = ref held[(int)(random.NextDouble() * held.Length)];
                lease.Complete();
                _balancer.Pick(default, out lease);
            }
        }
    }

    private void AssertCounts(long load, long open, long pending) =>
        Assert.Equal((load, open, pending), (Endpoint.Load, Endpoint.Open, Endpoint.Pending));
}
