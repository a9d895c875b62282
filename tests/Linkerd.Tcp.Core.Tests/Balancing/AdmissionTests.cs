using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Tests.Balancing.Policies;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>What every algorithm owes to endpoints that are not simply well, whichever it prefers among the others.</summary>
public abstract partial class AdmissionTests(BalancerKind kind, ILoadBalancingPolicy? policy = null)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();

    public sealed class OfP2c() : AdmissionTests(BalancerKind.P2c);

    public sealed class OfPeakEwma() : AdmissionTests(BalancerKind.PeakEwma);

    public sealed class OfLeastConnections() : AdmissionTests(BalancerKind.LeastConnections);

    public sealed class OfRoundRobin() : AdmissionTests(BalancerKind.RoundRobin);

    public sealed class OfRandom() : AdmissionTests(BalancerKind.Random);

    public sealed class OfMaglev() : AdmissionTests(BalancerKind.Maglev);

    public sealed class OfPolicy() : AdmissionTests(default, new BlindRandomPolicy());

    [Theory]
    [InlineData(10, 5)]
    [InlineData(10, 9)]
    [InlineData(1000, 500)]
    [InlineData(1000, 999)]
    public void Pick_SomeEjected_NeverThoseAndTheOthersAlike(int count, int ejected)
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, count)));
        var bad = balancer.Endpoints.Where((_, i) => i % count < ejected).ToHashSet();
        foreach (var endpoint in bad)
        {
            Assert.True(endpoint.Eject(Timeout.InfiniteTimeSpan));
        }

        var picks = 200 * (count - ejected);
        var counts = balancer.Count(() => balancer.PickIdle(picks));

        Assert.All(bad, endpoint => Assert.Equal(0, counts[endpoint]));
        Assert.All(counts.Where(pair => !bad.Contains(pair.Key)), pair => Assert.InRange(pair.Value, 120, 300));
    }

    [Fact]
    public void Pick_Draining_NotEvenWhenNobodyElseIsThere()
    {
        var balancer = Balancer(BalancerDriver.Weights(1, 1, 1, 0));
        var (drained, ejected) = (balancer.Find(0), balancer.Find(1));
        drained.Drain();
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(1000))[drained]);

        balancer.Find(2).Drain();
        balancer.Find(3).Drain();
        ejected.Eject(Timeout.InfiniteTimeSpan);
        var counts = balancer.Count(() => balancer.PickIdle(100));
        Assert.Equal(100, counts[ejected]);

        ejected.Drain();
        Assert.Equal(PickResult.Unavailable, balancer.Pick(default, out _));
        drained.Undrain();
        Assert.Equal(10, balancer.Count(() => balancer.PickIdle(10))[drained]);
    }

    [Fact]
    public void Pick_EverybodyEjected_OnePendingEach()
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Range(1, 20).Select(i => (double)i)));
        foreach (var endpoint in balancer.Endpoints)
        {
            endpoint.Eject(Timeout.InfiniteTimeSpan);
        }

        var leases = Enumerable.Range(0, 20).Select(_ => balancer.Pick()).ToArray();

        Assert.Equal(20, leases.Select(lease => lease.Endpoint).Distinct().Count());
        Assert.All(leases, lease => Assert.Equal(LeaseKind.Panic, lease.Kind));
        Assert.Equal(PickResult.Unavailable, balancer.Pick(default, out _));
        var first = leases[0];
        var endpointOfFirst = first.Endpoint;
        first.Failed(ConnectFailure.Refused);
        first.Complete();
        Assert.Same(endpointOfFirst, balancer.Pick().Endpoint);
    }

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(0.25, 0.25)]
    [InlineData(0.5, 0.5)]
    [InlineData(0.75, 0.75)]
    [InlineData(1, 1)]
    public void Pick_SlowStart_ShareIsTheFormulas(double elapsed, double factor)
    {
        var balancer = Balancer(BalancerDriver.Weights(Enumerable.Repeat(1.0, 9)));
        balancer.PickIdle(1000);
        balancer.Update(BalancerDriver.Weights([.. Enumerable.Repeat(1.0, 9), 2]));
        _time.Advance(TimeSpan.FromSeconds(10 * elapsed));

        var counts = balancer.Count(() => balancer.PickIdle(100_000));

        var expected = 100_000 * 2 * factor / (9 + (2 * factor));
        TestContext.Current.TestOutputHelper?.WriteLine($"{counts[balancer.Find(9)] / expected:F3} of what the formula says");
        Assert.InRange(counts[balancer.Find(9)], expected * 0.9, expected * 1.1);
    }

    [Fact]
    public void Pick_NoAnswerFromOne_OthersArePreferred()
    {
        var balancer = Balancer(BalancerDriver.Weights(1, 1, 1, 1));
        var silent = balancer.Find(2);
        LeaveUnanswered(balancer, silent);

        Assert.Equal(0, balancer.Count(() => PickNow(balancer, 1000))[silent]);

        // Where nobody else is there it is as good as any.
        ServerEndpoint[] others = [balancer.Find(0), balancer.Find(1), balancer.Find(3)];
        Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Tried = others, Timestamp = _time.GetTimestamp() }, out var last));
        Assert.Same(silent, last.Endpoint);

        foreach (var other in others)
        {
            LeaveUnanswered(balancer, other);
        }

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Timestamp = _time.GetTimestamp() }, out var lease));
            lease.Complete();
        }

        last.Connected(TimeSpan.FromMilliseconds(1));
        Assert.Equal(100, balancer.Count(() => PickNow(balancer, 100))[silent]);
    }

    // Leaves an attempt without an answer for longer than it may be, and lets a pick notice.
    private void LeaveUnanswered(ILoadBalancer balancer, ServerEndpoint endpoint)
    {
        ServerEndpoint[] others = [.. balancer.Endpoints.Where(other => other != endpoint)];
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Tried = others, Timestamp = _time.GetTimestamp() }, out _));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.NotEqual(AdmissionGate.None, endpoint.Gate & AdmissionGate.Suspect);
    }

    private void PickNow(ILoadBalancer balancer, int picks)
    {
        for (var i = 0; i < picks; i++)
        {
            Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Timestamp = _time.GetTimestamp() }, out var lease));
            lease.Connected(TimeSpan.FromMilliseconds(1));
            lease.Complete();
        }
    }

    private ILoadBalancer Balancer(EndpointSet set, BalancerOptions? options = null) =>
        BalancerDriver.Balancer(set, options: (options ?? new BalancerOptions()).With(own => own.TimeProvider = _time), kind: kind, policy: policy);
}
