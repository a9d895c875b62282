using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>What becomes of destinations of names that clients choose.</summary>
public sealed class EvictionTests
{
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan UnboundTimeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Idle_HasHadEndpoints_GoesAfterTenMinutesAndComesBackWhenAskedFor()
    {
        await using var bed = new NamedBed();
        var first = await bed.UseAsync(NamedBed.Web);
        bed.Pass(IdleTimeout * 0.99);
        Assert.True(bed.Knows(NamedBed.Web));
        bed.Pass(IdleTimeout * 0.25);
        Assert.False(bed.Knows(NamedBed.Web));
        await bed.UntilAsync(() => bed.Watching == 0);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => first.ConnectAsync(TestContext.Current.CancellationToken).AsTask());
        Assert.Throws<ObjectDisposedException>(() => first.Configure(new DestinationOptions { Resolver = bed, Balancing = new() { TimeProvider = bed.Time } }));
        var second = await bed.UseAsync(NamedBed.Web);
        Assert.NotSame(first, second);
        Assert.Equal((2, 1, 1), (second.Balancer.Endpoints.Count, bed.Watching, bed.Logs.Count(3023)));
        Observe(bed, idle: 1, unbound: 0, named: 1);
    }

    [Fact]
    public async Task Idle_HasNeverHadAnEndpoint_GoesAfterHalfAMinute()
    {
        await using var bed = new NamedBed();
        var lost = await bed.UseAsync(NamedBed.Lost);
        var waiting = lost.WaitResolvedAsync(TestContext.Current.CancellationToken);
        await bed.UseAsync(NamedBed.Web);
        bed.Pass(UnboundTimeout * 0.9);
        Assert.True(bed.Knows(NamedBed.Lost));
        bed.Pass(UnboundTimeout * 0.4);
        Assert.False(bed.Knows(NamedBed.Lost));
        Assert.True(bed.Knows(NamedBed.Web));
        await bed.UntilAsync(() => bed.Watching == 1);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => lost.WaitResolvedAsync(TestContext.Current.CancellationToken));
        Observe(bed, idle: 0, unbound: 1, named: 1);
    }

    [Fact]
    public async Task Used_AgainAndAgain_StaysAndIsOneDestination()
    {
        await using var bed = new NamedBed();
        var first = await bed.UseAsync(NamedBed.Web);
        for (var i = 0; i < 10; i++)
        {
            bed.Pass(IdleTimeout * 0.9);
            Assert.Same(first, await bed.UseAsync(NamedBed.Web));
        }
    }

    [Fact]
    public async Task Reference_Held_StaysUntilTheLastIsDisposed()
    {
        await using var bed = new NamedBed();
        Assert.True(bed.Router.TryAcquire(NamedBed.Lost, out var one));
        Assert.True(bed.Router.TryAcquire(NamedBed.Lost, out var other));
        Assert.Same(one.Destination, other.Destination);
        one.Dispose();
        one.Dispose();
        bed.Pass(IdleTimeout * 3);
        Assert.True(bed.Knows(NamedBed.Lost));
        Assert.Equal(1, other.Destination.Use.Holds);
        other.Dispose();
        bed.Pass(UnboundTimeout * 1.3);
        Assert.False(bed.Knows(NamedBed.Lost));
    }

    [Theory]
    [InlineData("weight")]
    [InlineData("drain")]
    [InlineData("eject")]
    [InlineData("weight of one that has left")]
    public async Task OperatorsOrder_Stands_StaysUntilItIsTakenBack(string order)
    {
        await using var bed = new NamedBed();
        var destination = await bed.UseAsync(NamedBed.Web);
        var endpoint = destination.Balancer.Endpoints[0];
        switch (order)
        {
            case "drain":
                endpoint.Drain();
                break;
            case "eject":
                Assert.True(endpoint.Eject(Timeout.InfiniteTimeSpan));
                break;
            default:
                endpoint.OverrideWeight(3);
                break;
        }

        if (order.EndsWith("left", StringComparison.Ordinal))
        {
            await bed.SayAsync(destination, new Resolution.Bound(EndpointSet.Create(destination.Balancer.Endpoints[1].Address)));
        }

        bed.Pass(IdleTimeout * 3);
        Assert.True(bed.Knows(NamedBed.Web));
        endpoint.Undrain();
        endpoint.OverrideWeight(null);
        endpoint.Reset();
        bed.Pass(IdleTimeout * 0.2);
        Assert.False(bed.Knows(NamedBed.Web));
    }

    [Fact]
    public async Task OperatorsEjection_ItsTimeIsOver_Goes()
    {
        await using var bed = new NamedBed();
        var destination = await bed.UseAsync(NamedBed.Web);
        Assert.True(destination.Balancer.Endpoints[0].Eject(IdleTimeout * 2));
        bed.Pass(IdleTimeout * 1.9);
        Assert.True(bed.Knows(NamedBed.Web));
        bed.Pass(IdleTimeout * 0.3);
        Assert.False(bed.Knows(NamedBed.Web));
    }

    [Theory]
    [InlineData("failed", true)]
    [InlineData("pending", true)]
    [InlineData("stale", true)]
    [InlineData("negative", false)]
    [InlineData("empty", false)]
    public async Task Resolver_HasNoGoodAnswer_TheLastGoodSetIsKept(string state, bool stays)
    {
        await using var bed = new NamedBed();
        var destination = await bed.UseAsync(NamedBed.Web);
        var good = new Resolution.Bound(EndpointSet.Create(destination.Balancer.Endpoints[0].Address));
        await bed.SayAsync(destination, state switch
        {
            "failed" => new Resolution.Failed("down"),
            "pending" => Resolution.Pending.Instance,
            "stale" => new Resolution.Bound(good.Endpoints, isStale: true),
            "negative" => Resolution.Negative.Instance,
            _ => new Resolution.Bound(EndpointSet.Empty),
        });
        bed.Pass(IdleTimeout * 3);
        Assert.Equal(stays, bed.Knows(NamedBed.Web));
        if (stays)
        {
            await bed.SayAsync(destination, new Resolution.Bound(good.Endpoints));
            bed.Pass(IdleTimeout * 0.2);
            Assert.False(bed.Knows(NamedBed.Web));
        }
    }

    [Fact]
    public async Task Name_IsFixedToo_StaysAndIsNotCounted()
    {
        await using var bed = new NamedBed(new DestinationRegistryOptions { MaxClientNamed = 1 });
        var destination = await bed.UseAsync(NamedBed.Web);
        Assert.False(bed.Router.TryAcquire(NamedBed.Lost, out _));
        Assert.Same(destination, bed.Router.Get(NamedBed.Web));
        await bed.UseAsync(NamedBed.Lost);
        bed.Pass(IdleTimeout * 3);
        Assert.Equal([destination], bed.Router.Destinations);
        Assert.True(bed.Router.TryAcquire(NamedBed.Web, out var reference));
        reference.Dispose();
        bed.Pass(IdleTimeout * 3);
        Assert.Equal([destination], bed.Router.Destinations);
        Observe(bed, idle: 0, unbound: 1, named: 0);
    }

    [Fact]
    public async Task Preconnects_AreConfigured_StaysUntilTheyAreNot()
    {
        await using var bed = new NamedBed(configure: static own => own.Preconnect = new PreconnectOptions { Connections = 1 });
        var destination = await bed.UseAsync(NamedBed.Web);
        bed.Pass(IdleTimeout * 3);
        Assert.True(bed.Knows(NamedBed.Web));
        destination.Configure(new DestinationOptions { Resolver = bed, Balancing = new() { TimeProvider = bed.Time } });
        bed.Pass(IdleTimeout * 0.2);
        Assert.False(bed.Knows(NamedBed.Web));
    }

    [Fact]
    public async Task Timeouts_Infinite_NothingGoes()
    {
        await using var bed = new NamedBed(new DestinationRegistryOptions { IdleTimeout = Timeout.InfiniteTimeSpan, UnboundTimeout = Timeout.InfiniteTimeSpan });
        await bed.UseAsync(NamedBed.Web);
        await bed.UseAsync(NamedBed.Lost);
        bed.Pass(TimeSpan.FromDays(100));
        Assert.Equal(2, bed.Router.Destinations.Count());
        bed.Router.Configure(_ => new DestinationOptions { Resolver = bed, Balancing = new() { TimeProvider = bed.Time } }, new DestinationRegistryOptions());
        bed.Pass(IdleTimeout * 1.3);
        Assert.Empty(bed.Router.Destinations);
    }

    [Fact]
    public async Task TryAcquire_AsManyAsThereMayBe_IsRefusedCountedAndLoggedOnceInAWhile()
    {
        await using var bed = new NamedBed(new DestinationRegistryOptions { MaxClientNamed = 2 });
        await bed.UseAsync(NamedBed.Web);
        await bed.UseAsync(NamedBed.Lost);
        for (var i = 0; i < 5; i++)
        {
            Assert.False(bed.Router.TryAcquire(DstPath.Parse("/svc/other"), out _));
        }

        Assert.Equal(1, bed.Logs.Count(3024));
        Assert.Contains("/svc/other gets no destination, as clients have named 2 already", bed.Logs.Entries.Single(entry => entry.Id == 3024).Message, StringComparison.Ordinal);
        bed.Counters.Observe();
        Assert.Equal(5, bed.Counters.Observed["linkerd.tcp.destinations.refused"]);

        // Those that there are, and fixed names, are served all the same.
        await bed.UseAsync(NamedBed.Web);
        bed.Router.Get(DstPath.Parse("/svc/fixed"));
        bed.Pass(UnboundTimeout * 1.3);
        await bed.UseAsync(DstPath.Parse("/svc/other"));
        Observe(bed, idle: 0, unbound: 1, named: 2);
    }

    [Fact]
    public async Task TryAcquire_FunctionOfTheOptionsThrows_TakesNoPlace()
    {
        var throws = true;
        await using var router = new DestinationRegistry(
            _ => throws ? throw new InvalidOperationException("The function has a bug.") : new DestinationOptions { Resolver = new StaticResolver() },
            options: new DestinationRegistryOptions { MaxClientNamed = 1 });
        for (var i = 0; i < 3; i++)
        {
            Assert.Throws<InvalidOperationException>(() => router.TryAcquire(NamedBed.Web, out _));
        }

        throws = false;
        Assert.True(router.TryAcquire(NamedBed.Web, out var reference));
        reference.Dispose();
    }

    [Fact]
    public async Task Evicted_WithChecks_NoCheckIsLeftAndNoSeries()
    {
        await using var bed = new NamedBed(configure: static own => own.Check = new ActiveCheckOptions { Interval = TimeSpan.FromHours(1) });
        await bed.UseAsync(NamedBed.Web);
        bed.Counters.Observe();
        Assert.Contains(bed.Counters.Observed.Keys, static key => key.Contains("/svc/web", StringComparison.Ordinal));
        bed.Pass(IdleTimeout * 1.2);
        bed.Counters.Observed.Clear();
        bed.Counters.Observe();
        Assert.DoesNotContain(bed.Counters.Observed.Keys, static key => key.Contains("/svc/web", StringComparison.Ordinal));
        await bed.UntilAsync(() => bed.Watching == 0);
    }

    [Fact]
    public async Task TryHold_OfAKnownName_AllocatesNothing()
    {
        await using var bed = new NamedBed();
        var proxy = new ServedBy(new ConnectOptions(), new TcpOptions());
        await bed.UseAsync(NamedBed.Web);
        Assert.Equal(0, Math.Min(Allocated(), Math.Min(Allocated(), Allocated())));

        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 1_000; i++)
            {
                bed.Router.TryHold(NamedBed.Web, proxy)!.Use.Release();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static void Observe(NamedBed bed, int idle, int unbound, int named)
    {
        bed.Counters.Observe();
        var observed = bed.Counters.Observed;
        Assert.Equal(
            (idle, unbound, named),
            (observed["linkerd.tcp.destinations.evicted{cause=idle}"], observed["linkerd.tcp.destinations.evicted{cause=unbound}"], observed["linkerd.tcp.destinations{kind=client_named}"]));
    }
}
