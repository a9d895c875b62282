using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp.Tests.Sessions;

/// <summary>Sessions of endpoints that are drained, removed, or dead.</summary>
public sealed class LeavingSessionsTests
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(true, "kD")]
    [InlineData(false, "dD")]
    public Task Leaves_SessionsEndBetweenHalfAndAllOfTheTime(bool isDrained, string reason) => RunAsync(async bed =>
    {
        var (leaving, staying) = await StartAsync(bed, sessions: 400);
        var count = (int)leaving.Load;
        await LeaveAsync(bed, leaving, isDrained);
        var startedAt = bed.Scheduler.Elapsed;
        await UntilAfterAsync(bed, startedAt, DrainTimeout / 2);
        Assert.Equal(count, leaving.Load);

        // Spread evenly: every sixth of the second half ends about a sixth of them.
        var before = leaving.Load;
        for (var i = 1; i <= 6; i++)
        {
            await UntilAfterAsync(bed, startedAt, (DrainTimeout / 2 * (1 + (i / 6.0))) + TimeSpan.FromSeconds(1));
            Assert.InRange(before - leaving.Load, count / 6 * 0.4, count / 6 * 1.8);
            before = leaving.Load;
        }

        Assert.Equal((0, 400 - count), (leaving.Load, staying.Load));
        Assert.Equal(count, bed.Closed(reason));
        Assert.Equal((EjectionCause.None, 0), (leaving.EjectionCauses, leaving.ConnectFailures));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task ComesBackInTime_NothingEnds(bool isDrained) => RunAsync(async bed =>
    {
        var (leaving, _) = await StartAsync(bed, sessions: 20);
        await LeaveAsync(bed, leaving, isDrained);
        await bed.DelayAsync(29_000);
        if (isDrained)
        {
            leaving.Undrain();
        }
        else
        {
            bed.Resolver.Update(EndpointSet.Create([.. bed.Destination.Balancer.Endpoints.Select(endpoint => endpoint.Address), leaving.Address]));
            await UpdatedAsync(bed, 3);
        }

        await bed.DelayAsync(120_000);
        Assert.Equal(20, bed.Proxy.ActiveSessions);

        // It leaves once more: the time starts anew.
        leaving.Drain();
        await bed.DelayAsync(29_000);
        Assert.Equal(20, bed.Proxy.ActiveSessions);
        await bed.DelayAsync(33_000);
        Assert.Equal(0, leaving.Load);
    });

    [Fact]
    public Task Leaves_WithoutTheOption_NothingEnds() => SimulatedProxy.RunAsync(async bed =>
    {
        var (leaving, _) = await StartAsync(bed, sessions: 10);
        leaving.Drain();
        await bed.DelayAsync(3_600_000);
        Assert.Equal(10, bed.Proxy.ActiveSessions);
    });

    [Fact]
    public Task Leaves_WhileASessionConnects_ItEndsTooAndTheSweepRests() => RunAsync(async bed =>
    {
        var (leaving, _) = await StartAsync(bed, sessions: 0);
        var backend = bed.Network.Endpoint(leaving.Address);
        backend.ConnectDelay = TimeSpan.FromSeconds(2);
        await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Destination.Balancer.Endpoints.Sum(endpoint => endpoint.Load) == 1);
        var taken = bed.Destination.Balancer.Endpoints.Single(endpoint => endpoint.Load == 1);
        taken.Drain();
        await bed.DelayAsync(62_000);
        Assert.Equal(0, bed.Proxy.ActiveSessions);
        Assert.Equal(1, bed.Closed("kD"));

        // Nothing is left that ticks.
        var steps = bed.Scheduler.Steps;
        await bed.DelayAsync(3_600_000);
        Assert.InRange(bed.Scheduler.Steps - steps, 0, 20);
    });

    [Fact]
    public Task DrainTimeoutIsShort_SessionsAreStillSpread() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Configure = options => options.With(own => own.DrainTimeout = TimeSpan.FromSeconds(2));
        var (leaving, _) = await StartAsync(bed, sessions: 200);
        leaving.Drain();
        var before = leaving.Load;
        await bed.DelayAsync(1500);
        Assert.InRange(leaving.Load, before * 0.3, before * 0.75);
        await bed.DelayAsync(650);
        Assert.Equal(0, leaving.Load);
    });

    [Fact]
    public Task CheckedAsDown_SessionsEndAtOnce() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Configure = options => options.With(own => own.Check = new ActiveCheckOptions { CloseSessionsOnDown = true });
        var (dying, staying) = await StartAsync(bed, sessions: 30);
        var (gone, kept) = (dying.Load, staying.Load);
        bed.Network.Endpoint(dying.Address).Refuse();
        await bed.UntilAsync(() => dying.IsDown);
        await bed.DelayAsync(5);
        Assert.Equal((0L, kept, kept), (dying.Load, staying.Load, (long)bed.Proxy.ActiveSessions));
        Assert.Equal(gone, bed.Closed("DD"));
        Assert.Equal((1, 1), (bed.Logs.Count(3010), bed.Logs.Count(4006)));
        bed.Counters.Observe();
        Assert.Equal(1, bed.Counters.Observed["linkerd.tcp.endpoints{destination=/svc/web,state=ejected}"]);
        Assert.Equal(3, bed.Counters.Observed["linkerd.tcp.checks{destination=/svc/web,result=failed}"]);
        Assert.True(bed.Counters.Observed["linkerd.tcp.checks{destination=/svc/web,result=passed}"] > 0);
        Assert.Equal(0, bed.Counters.Observed["linkerd.tcp.checks{destination=/svc/web,result=inconclusive}"]);

        bed.Network.Endpoint(dying.Address).Heal();
        await bed.UntilAsync(() => !dying.IsDown);
        Assert.Equal(1, bed.Logs.Count(3011));
    });

    [Fact]
    public Task CheckedAsDown_WithoutTheOption_SessionsGoOn() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Configure = options => options.With(own => own.Check = new ActiveCheckOptions());
        var (dying, _) = await StartAsync(bed, sessions: 10);
        bed.Network.Endpoint(dying.Address).Refuse();
        await bed.UntilAsync(() => dying.IsDown);
        await bed.DelayAsync(60_000);
        Assert.Equal(10, bed.Proxy.ActiveSessions);
    });

    [Fact]
    public Task AllAreDown_SessionsThatPanicLetsInGoOn() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Balancing = new BalancerOptions { Breaker = new CircuitBreakerOptions { MaxEjectedShare = 1 } };
        bed.Configure = options => options.With(own =>
        {
            own.Check = new ActiveCheckOptions { CloseSessionsOnDown = true, Expect = new byte[] { 1 }, Interval = TimeSpan.FromSeconds(1) };
        });
        var (one, other) = await StartAsync(bed, sessions: 10);
        await bed.UntilAsync(() => one.IsDown && other.IsDown);
        await bed.DelayAsync(5);
        Assert.Equal(0, bed.Proxy.ActiveSessions);
        var client = await bed.ConnectAsync();
        await bed.UntilAsync(() => one.Open + other.Open == 1);
        await bed.DelayAsync(60_000);
        Assert.Equal(1, bed.Proxy.ActiveSessions);
        client.Abort();
    });

    [Fact]
    public Task States_EachEndpointIsCountedOnce() => SimulatedProxy.RunAsync(async bed =>
    {
        var (one, other) = await StartAsync(bed, sessions: 0);
        Assert.Equal((2, 0, 0, 0), States(bed));
        one.Eject(TimeSpan.FromHours(1));
        other.OverrideWeight(0);
        Assert.Equal((0, 1, 0, 1), States(bed));
        one.Drain();
        other.Eject(TimeSpan.FromHours(1));
        Assert.Equal((0, 1, 1, 0), States(bed));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task DrainTimeout_OutOfRange_SaysSo(double seconds)
    {
        var options = new DestinationOptions { Resolver = new StaticResolver(), DrainTimeout = TimeSpan.FromSeconds(seconds) };
        await using var router = new DestinationRegistry(_ => options);
        var error = Assert.Throws<InvalidOptionsException>(() => router.Get(SimulatedProxy.Name));
        Assert.Equal("DrainTimeout", Assert.Single(error.Errors).Path);
    }

    private static (double Available, double Ejected, double Draining, double LastResort) States(SimulatedProxy bed)
    {
        bed.Counters.Observe();
        return (Of("available"), Of("ejected"), Of("draining"), Of("last_resort"));

        double Of(string state) => bed.Counters.Observed[$"linkerd.tcp.endpoints{{destination=/svc/web,state={state}}}"];
    }

    private static Task RunAsync(Func<SimulatedProxy, Task> test) => SimulatedProxy.RunAsync(
        bed =>
        {
            bed.Configure = options => options.With(own => own.DrainTimeout = DrainTimeout);
            return test(bed);
        },
        seeds: 3);

    private static async Task LeaveAsync(SimulatedProxy bed, ServerEndpoint endpoint, bool isDrained)
    {
        if (isDrained)
        {
            endpoint.Drain();
        }
        else
        {
            bed.Resolver.Update(EndpointSet.Create([.. bed.Destination.Balancer.Endpoints.Where(other => other != endpoint).Select(other => other.Address)]));
            await UpdatedAsync(bed, 2);
        }
    }

    private static async Task UntilAfterAsync(SimulatedProxy bed, TimeSpan startedAt, TimeSpan time) =>
        await bed.DelayAsync((startedAt + time - bed.Scheduler.Elapsed).TotalMilliseconds);

    private static Task UpdatedAsync(SimulatedProxy bed, int updates) =>
        bed.Scheduler.RunElsewhereAsync(() => Assert.True(SpinWait.SpinUntil(() => bed.Destination.Updates >= updates, TimeSpan.FromSeconds(30))));

    /// <summary>Two servers, and sessions that are connected to them.</summary>
    private static async Task<(ServerEndpoint One, ServerEndpoint Other)> StartAsync(SimulatedProxy bed, int sessions)
    {
        var backends = new[] { await bed.AddBackendAsync(), await bed.AddBackendAsync() };
        bed.Resolver.Update(EndpointSet.Create([.. backends.Select(backend => backend.Address)]));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] });
        await UpdatedAsync(bed, 1);
        var endpoints = bed.Destination.Balancer.Endpoints;
        for (var i = 0; i < sessions; i++)
        {
            await bed.ConnectAsync();
        }

        await bed.UntilAsync(() => endpoints.Sum(endpoint => endpoint.Open) == sessions);
        return (endpoints[0], endpoints[1]);
    }
}
