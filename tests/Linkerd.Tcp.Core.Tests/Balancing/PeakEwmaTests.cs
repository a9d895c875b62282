using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp;

public sealed class PeakEwmaTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ILoadBalancer _balancer;
    private readonly ServerEndpoint _fast;
    private readonly ServerEndpoint _slow;

    public PeakEwmaTests()
    {
        _balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: new BalancerOptions { TimeProvider = _time }, kind: BalancerKind.PeakEwma);
        (_fast, _slow) = (_balancer.Find(0), _balancer.Find(1));
    }

    [Fact]
    public void Pick_OneTakesTwiceAsLong_TheOtherIsPreferred()
    {
        Session(other: _slow);
        Session(other: _fast);

        var counts = _balancer.Count(() => Sessions(1000));

        Assert.Equal(1000, counts[_fast]);
    }

    [Fact]
    public void Pick_LatencyWasLongAgo_IsTriedAgain()
    {
        Session(other: _slow);
        Session(other: _fast);
        var seconds = 0;
        while (_slow.Picks == 1)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Sessions(10);
            seconds++;
        }

        // 20 ms fade to within a quarter of 10 ms in 4.7 s, by a time constant of 10 s.
        Assert.InRange(seconds, 5, 10);
    }

    [Fact]
    public void Pick_EndpointRecovers_ItsFailuresAreForgotten()
    {
        Session(other: _slow);
        Session(other: _fast);
        _fast.Drain();
        _balancer.Fail(_slow, 5);
        _fast.Undrain();
        _time.Advance(TimeSpan.FromSeconds(5));
        var probe = _balancer.PickOf(_slow);
        probe.Connected(TimeSpan.FromMilliseconds(10));
        probe.Complete();
        Assert.Equal(0.01, _slow.Snapshot().ConnectLatency.TotalSeconds, 0.001);
    }

    [Fact]
    public void Pick_WeightsDiffer_SharesFollowThemWhereLatenciesAreAlike()
    {
        _balancer.Update(BalancerDriver.Weights(3, 1));
        var counts = _balancer.Count(() =>
        {
            for (var i = 0; i < 4000; i++)
            {
                var lease = _balancer.Pick();
                lease.Connected(TimeSpan.FromMilliseconds(10 + (i % 2)));
                lease.Complete();
            }
        });
        Assert.InRange(counts[_fast], 2900, 3100);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(10)]
    public void Pick_FastNetworkWithNoise_EqualServersGetEqualShares(int held)
    {
        const int servers = 5;
        for (var seed = 1UL; seed <= 10; seed++)
        {
            var balancer = BalancerDriver.Balancer(
                BalancerDriver.Weights(Enumerable.Repeat(1.0, servers)), seed, new BalancerOptions { TimeProvider = _time }, BalancerKind.PeakEwma);
            var noise = RandomSource.Seeded(seed + 100);
            var leases = new Queue<EndpointLease>();
            var counts = balancer.Count(() =>
            {
                for (var i = 0; i < 400; i++)
                {
                    // 50 to 100 us, and one in a hundred takes 300: a peak EWMA keeps that for seconds.
                    var lease = balancer.Pick();
                    lease.Connected(TimeSpan.FromMicroseconds(noise.NextDouble() < 0.01 ? 300 : 50 + (50 * noise.NextDouble())));
                    leases.Enqueue(lease);
                    _time.Advance(TimeSpan.FromMilliseconds(2));
                    if (leases.Count > held * servers)
                    {
                        leases.Dequeue().Complete();
                    }
                }
            });

            TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", counts.Values));
            Assert.All(counts.Values, count => Assert.InRange(count, 72, 88));
        }
    }

    [Fact]
    public void Pick_FastNetworkAndOneFarAway_TheNearOnesAreStillPreferred()
    {
        // 0.2 ms and 2 ms.
        for (var i = 0; i < 2; i++)
        {
            var lease = _balancer.PickOf(i == 0 ? _fast : _slow);
            lease.Connected(TimeSpan.FromMicroseconds(i == 0 ? 200 : 2000));
            lease.Complete();
        }

        Assert.Equal(1000, _balancer.Count(() => _balancer.PickIdle(1000))[_fast]);
    }

    [Theory]
    [InlineData(0.001, 5)]
    [InlineData(8, 8)]
    public void Failed_Any_CountsAsFiveSecondsAtLeast(double took, double counted)
    {
        _balancer.Pick(new PickContext { Tried = [_fast] }, out var lease);
        lease.Failed(ConnectFailure.Refused, TimeSpan.FromSeconds(took));
        Assert.Equal(counted, _slow.ExpectedLatency(_time.GetTimestamp()));

        // So that it is not tried for looking fast.
        Session(other: _slow);
        Assert.Equal(1000, _balancer.Count(() => Sessions(1000))[_fast]);
    }

    private void Session(ServerEndpoint? other)
    {
        ServerEndpoint[] tried = other is null ? [] : [other];
        Assert.Equal(PickResult.Picked, _balancer.Pick(new PickContext { Tried = tried }, out var lease));
        lease.Connected(TimeSpan.FromMilliseconds(lease.Endpoint == _fast ? 10 : 20));
        lease.Complete();
    }

    private void Sessions(int count)
    {
        for (var i = 0; i < count; i++)
        {
            Session(other: null);
        }
    }
}
