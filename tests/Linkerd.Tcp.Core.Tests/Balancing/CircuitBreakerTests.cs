using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp;

/// <summary>What ejects an endpoint, when it is tried again, and how it comes back.</summary>
public sealed class CircuitBreakerTests
{
    private readonly FakeTimeProvider _time = new();

    private BalancerOptions Options => new() { TimeProvider = _time, SlowStart = new SlowStartOptions { Window = TimeSpan.Zero } };

    [Fact]
    public void Failures_FourInARow_ChangeNothing()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        balancer.Fail(balancer.Find(0), 4);
        Assert.Equal(BreakerState.Closed, balancer.Find(0).Breaker);
    }

    [Theory]
    [InlineData(ConnectFailure.Refused)]
    [InlineData(ConnectFailure.TimedOut)]
    [InlineData(ConnectFailure.Unreachable)]
    [InlineData(ConnectFailure.Reset)]
    [InlineData(ConnectFailure.Other)]
    [InlineData(ConnectFailure.Tls)]
    public void Failures_FiveInARow_Eject(ConnectFailure cause)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        var failing = balancer.Find(0);
        balancer.Fail(failing, 5, cause);
        Assert.Equal((BreakerState.Open, EjectionCause.ConnectFailures, 1L), (failing.Breaker, failing.EjectionCauses, failing.Ejections));
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(1000))[failing]);
    }

    [Theory]
    [InlineData(ConnectFailure.LocalResources)]
    [InlineData(ConnectFailure.Cancelled)]
    public void Failures_ThatSayNothingOfTheEndpoint_NeverEject(ConnectFailure cause)
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        balancer.Fail(balancer.Find(0), 100, cause);
        Assert.Equal((BreakerState.Closed, 0L), (balancer.Find(0).Breaker, balancer.Find(0).ConnectFailures));
    }

    [Fact]
    public void Failures_WithASuccessBetween_DoNotEject()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        for (var i = 0; i < 10; i++)
        {
            balancer.Fail(balancer.Find(0), 4);
            balancer.Succeed(balancer.Find(0));
        }

        Assert.Equal(BreakerState.Closed, balancer.Find(0).Breaker);
    }

    [Fact]
    public void Failures_OfTheOnlyEndpoint_NeverEject()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1), options: Options);
        balancer.Fail(balancer.Find(0), 100);
        Assert.Equal(BreakerState.Closed, balancer.Find(0).Breaker);
        Assert.False(balancer.Find(0).Eject(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Update_OnlyAnEjectedEndpointIsLeft_IsNotEjectedAnyMore()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        balancer.Fail(balancer.Find(0), 5);
        balancer.Update(BalancerDriver.Weights(1));
        Assert.Equal(BreakerState.Closed, balancer.Find(0).Breaker);
        balancer.Pick().Complete();
    }

    [Fact]
    public void Open_BackoffIsOver_ExactlyOneProbeAndItsSuccessCloses()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        var failing = balancer.Find(0);
        balancer.Fail(failing, 5);
        _time.Advance(TimeSpan.FromSeconds(2.4));
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(100))[failing]);
        _time.Advance(TimeSpan.FromSeconds(2.6));

        var probe = balancer.PickOf(failing);
        Assert.True(probe.IsProbe);
        Assert.Equal(BreakerState.HalfOpen, failing.Breaker);
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(1000))[failing]);

        probe.Connected(TimeSpan.FromMilliseconds(1));
        Assert.Equal(BreakerState.Closed, failing.Breaker);
        probe.Complete();
        Assert.Equal(0, failing.Load);
        Assert.InRange(balancer.Count(() => balancer.PickIdle(100))[failing], 1, 100);
    }

    [Fact]
    public void HalfOpen_ProbeEndsWithoutAWord_AnotherMayProbe()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        var failing = balancer.Find(0);
        balancer.Fail(failing, 5);
        _time.Advance(TimeSpan.FromSeconds(5));
        var probe = balancer.PickOf(failing);
        probe.Failed(ConnectFailure.Cancelled);
        Assert.Equal(BreakerState.Open, failing.Breaker);
        Assert.True(balancer.PickOf(failing).IsProbe);
    }

    [Fact]
    public void HalfOpen_SessionThatHasFailedElsewhere_DoesNotProbe()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1, 1), options: Options);
        var failing = balancer.Find(0);
        balancer.Fail(failing, 5);
        _time.Advance(TimeSpan.FromSeconds(5));
        ServerEndpoint[] tried = [balancer.Find(1)];
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(PickResult.Picked, balancer.Pick(new PickContext { Tried = tried }, out var lease));
            Assert.Same(balancer.Find(2), lease.Endpoint);
            lease.Complete();
        }
    }

    [Fact]
    public void Open_ProbesFail_BackoffDoublesUpToTheLast()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        var failing = balancer.Find(0);
        balancer.Fail(failing, 5);
        foreach (var ceiling in (double[])[5, 10, 20, 40, 80, 160, 300, 300])
        {
            var waited = 0.0;
            var probe = default(EndpointLease);
            while (probe.Endpoint is null)
            {
                probe = balancer.TryPickOf(failing, 100);
                _time.Advance(TimeSpan.FromSeconds(ceiling / 20));
                waited += ceiling / 20;
            }

            Assert.InRange(waited, ceiling * 0.5, ceiling * 1.1);
            probe.Failed(ConnectFailure.Refused);
        }
    }

    [Fact]
    public void Open_ClosedAndFailsAgainAtOnce_BackoffGoesOn()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        var failing = balancer.Find(0);
        balancer.Fail(failing, 5);
        _time.Advance(TimeSpan.FromSeconds(5));
        var probe = balancer.PickOf(failing);
        probe.Connected(TimeSpan.Zero);
        probe.Complete();
        balancer.Fail(failing, 5);
        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Null(balancer.TryPickOf(failing, 100).Endpoint);
        _time.Advance(TimeSpan.FromSeconds(5.1));
        Assert.NotNull(balancer.TryPickOf(failing, 100).Endpoint);
    }

    [Fact]
    public void Panic_AllEjected_EachIsTriedByOneConnectionWhateverItsBackoff()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1, 1), options: Options);
        foreach (var endpoint in balancer.Endpoints)
        {
            balancer.Fail(endpoint, 5);
        }

        var leases = Enumerable.Range(0, 3).Select(_ => balancer.Pick()).ToArray();
        Assert.Equal(3, leases.Select(lease => lease.Endpoint).Distinct().Count());
        Assert.Equal(PickResult.Unavailable, balancer.Pick(default, out _));

        var changes = 0;
        balancer.Changed += () => changes++;
        leases[0].Failed(ConnectFailure.Refused);
        leases[0].Complete();
        Assert.Equal(1, changes);
        var again = balancer.Pick();
        again.Connected(TimeSpan.Zero);
        Assert.Equal(BreakerState.Closed, again.Endpoint!.Breaker);
        Assert.Same(again.Endpoint, balancer.Pick().Endpoint);
    }

    [Fact]
    public void Panic_OthersAreMerelyFull_IsNone()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options.With(own => own.MaxConnections = 1));
        balancer.Find(0).Eject(TimeSpan.FromHours(1));
        var lease = balancer.Pick();
        Assert.Equal(PickResult.AtLimit, balancer.Pick(default, out _));
        var changes = 0;
        balancer.Changed += () => changes++;
        lease.Complete();
        Assert.Equal(1, changes);
        balancer.Pick().Complete();
    }

    [Fact]
    public void Recovery_PendingConnects_GrowWithSuccesses()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: new BalancerOptions { TimeProvider = _time });
        var back = balancer.Find(0);
        balancer.Find(1).Drain();
        balancer.Fail(back, 5);
        var probe = balancer.Pick();
        probe.Connected(TimeSpan.Zero);
        for (var allowed = 2; allowed < 20; allowed++)
        {
            var leases = new List<EndpointLease>();
            while (balancer.Pick(default, out var lease) == PickResult.Picked)
            {
                leases.Add(lease);
            }

            Assert.Equal(allowed, leases.Count);
            var first = leases[0];
            first.Connected(TimeSpan.Zero);
            first.Complete();
            leases.Skip(1).ToList().ForEach(lease => lease.Complete());
        }
    }

    [Fact]
    public void Operator_EjectsForATime_SuccessOfAnOldConnectDoesNotUndoIt()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        var endpoint = balancer.Find(0);
        var old = balancer.PickOf(endpoint);
        Assert.True(endpoint.Eject(TimeSpan.FromMinutes(1)));
        old.Connected(TimeSpan.Zero);
        Assert.Equal((BreakerState.Open, EjectionCause.Operator), (endpoint.Breaker, endpoint.EjectionCauses));
        _time.Advance(TimeSpan.FromMinutes(1));
        var probe = balancer.PickOf(endpoint);
        probe.Connected(TimeSpan.Zero);
        Assert.Equal(BreakerState.Closed, endpoint.Breaker);
    }

    [Fact]
    public void Operator_Resets_EverythingIsForgotten()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        var endpoint = balancer.Find(0);
        endpoint.Eject(Timeout.InfiniteTimeSpan);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(100))[endpoint]);
        endpoint.Reset();
        Assert.Equal(BreakerState.Closed, endpoint.Breaker);

        // It is owed some picks.
        balancer.PickIdle(100);
        Assert.InRange(balancer.Count(() => balancer.PickIdle(100))[endpoint], 40, 60);
    }

    [Fact]
    public void Operator_DrainsAndUndrains_NoneThenSlowly()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: new BalancerOptions { TimeProvider = _time });
        var endpoint = balancer.Find(0);
        endpoint.Drain();
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(100))[endpoint]);
        balancer.Find(1).Drain();
        Assert.Equal(PickResult.Unavailable, balancer.Pick(default, out _));

        // An order outlives the endpoint's leaving the set.
        balancer.Update(BalancerDriver.Weights([1]));
        balancer.Update(new EndpointSet(BalancerDriver.Group([1], first: 5)));
        balancer.Update(BalancerDriver.Weights(1, 1));
        Assert.True(balancer.Find(0).IsDraining);
        balancer.Find(1).Undrain();
        _time.Advance(TimeSpan.FromSeconds(20));
        balancer.Find(0).Undrain();
        Assert.InRange(balancer.Count(() => balancer.PickIdle(1000))[balancer.Find(0)], 50, 150);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.InRange(balancer.Count(() => balancer.PickIdle(1000))[balancer.Find(0)], 450, 550);
    }

    [Fact]
    public void Operator_OverridesAWeight_ItCountsUntilTakenBack()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        var endpoint = balancer.Find(0);
        endpoint.OverrideWeight(9);
        Assert.InRange(balancer.Count(() => balancer.PickIdle(1000))[endpoint], 880, 920);
        balancer.Update(BalancerDriver.Weights(2, 1, 1));
        Assert.Equal((9.0, 9.0), (endpoint.Weight, endpoint.WeightOverride!.Value));
        endpoint.OverrideWeight(0);
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(1000))[endpoint]);
        endpoint.OverrideWeight(null);
        Assert.Equal(2, endpoint.Weight);
        Assert.Throws<ArgumentOutOfRangeException>(() => endpoint.OverrideWeight(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => endpoint.OverrideWeight(-1));
    }

    [Fact]
    public void Doubt_NoAnswerForLong_OthersArePreferredUntilOneComes()
    {
        var balancer = BalancerDriver.Balancer(BalancerDriver.Weights(1, 1), options: Options);
        var silent = balancer.Find(0);

        // So many on the other one that this one would be preferred.
        silent.Drain();
        for (var i = 0; i < 10; i++)
        {
            balancer.PickOf(balancer.Find(1)).Connected(TimeSpan.Zero);
        }

        silent.Undrain();
        var waiting = balancer.PickOf(silent, _time.GetTimestamp());
        _time.Advance(TimeSpan.FromMilliseconds(200));
        var more = balancer.PickOf(silent, _time.GetTimestamp());
        _time.Advance(TimeSpan.FromMilliseconds(100));

        // The one that finds it out is the last.
        var found = balancer.PickOf(silent, _time.GetTimestamp());
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(100))[silent]);
        waiting.Connected(TimeSpan.FromMilliseconds(300));
        Assert.Equal(100, balancer.Count(() => balancer.PickIdle(100))[silent]);
        more.Complete();
        found.Complete();

        // It may take four times as long as it usually does, 1.2 s.
        var late = balancer.PickOf(silent, _time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(1.1));
        balancer.PickOf(silent, _time.GetTimestamp()).Complete();
        Assert.Equal(100, balancer.Count(() => balancer.PickIdle(100))[silent]);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        balancer.PickOf(silent, _time.GetTimestamp()).Complete();
        Assert.Equal(0, balancer.Count(() => balancer.PickIdle(100))[silent]);

        // Nobody waits any more.
        late.Complete();
        Assert.Equal(100, balancer.Count(() => balancer.PickIdle(100))[silent]);
    }
}
