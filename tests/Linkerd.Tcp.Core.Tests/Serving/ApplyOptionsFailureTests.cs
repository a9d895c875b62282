using System.Net;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>New options that a proxy cannot take, and calls at times when it takes none: nothing changes.</summary>
public sealed class ApplyOptionsFailureTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task Apply_OneAddressIsInUse_SaysWhichAndNothingChanges() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartAsync(bed, bed.NewListener().With(own => own.MaxSessionsPerClient = 2), bed.NewListener());
        var addresses = bed.Proxy.LocalEndPoints;
        var (free, taken) = (AddressOf(bed, 9001), AddressOf(bed, 9002));
        await using var other = await bed.ProxyHost.ListenAsync(new TransportListenOptions { EndPoint = taken }, Cancelled);
        var session = await bed.ConnectServedAsync(backend);
        var error = await Assert.ThrowsAsync<TransportException>(() => bed.Proxy.ApplyAsync(
            new TcpProxyOptions
            {
                Listeners = [new(addresses[0], DstPath.Parse("/svc/other")) { MaxSessions = 1, Backlog = 7 }, new(free, SimulatedProxy.Name), new(taken, SimulatedProxy.Name)],
                MaxSessions = 1,
                Duplex = new() { IdleTimeout = TimeSpan.FromSeconds(1) },
            },
            Cancelled));
        Assert.Contains(taken.ToString(), error.Message, StringComparison.Ordinal);

        Assert.Equal(addresses, bed.Proxy.LocalEndPoints);
        Assert.Equal((FileDescriptorLimit.DefaultMaxSessions, null), (bed.Proxy.MaxSessions, bed.Proxy.Options.MaxSessions));
        Assert.Equal([2, null], bed.Proxy.Options.Listeners.Select(listener => listener.MaxSessionsPerClient));
        Assert.Equal(ConnectFailure.Refused, (await bed.ClientHost.ConnectAsync(free, new TransportConnectOptions(), Cancelled)).Failure);
        Assert.Single(bed.Router.Destinations);
        await bed.ConnectServedAsync(backend);
        await bed.ConnectRefusedAsync();
        await bed.ConnectServedAsync(backend, listener: 1);
        await bed.DelayAsync(10_000);
        await session.SendTextAsync("still here");
        Assert.Equal("still here", await backend.Accepted[0].ReadTextAsync(10));

        // Nothing is left behind: the same goes well once the address is free.
        await other.DisposeAsync();
        await bed.Proxy.ApplyAsync(new TcpProxyOptions { Listeners = [new(free, SimulatedProxy.Name), new(taken, SimulatedProxy.Name)] }, Cancelled);
        Assert.Equal([free, taken], bed.Proxy.LocalEndPoints);
    });

    [Fact]
    public Task Apply_OptionsFunctionThrows_NothingChanges() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Configure = options => bed.Proxy is { LocalEndPoints.Count: > 0 } ? throw new NotSupportedException("There is no such name.") : options;
        var backend = await bed.StartAsync(bed.NewListener());
        var free = AddressOf(bed, 9001);
        await Assert.ThrowsAsync<NotSupportedException>(() => bed.Proxy.AddListenerAsync(new(free, DstPath.Parse("/svc/other")), Cancelled));
        Assert.Single(bed.Proxy.LocalEndPoints);
        Assert.Equal(ConnectFailure.Refused, (await bed.ClientHost.ConnectAsync(free, new TransportConnectOptions(), Cancelled)).Failure);
        await bed.ConnectServedAsync(backend);
    });

    [Fact]
    public Task Apply_NotValid_SaysAllErrorsAndNothingChanges() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(bed.NewListener());
        var options = bed.Proxy.Options.With(own =>
        {
            own.Listeners = [bed.NewListener().With(listener => (listener.Key, listener.Backlog) = ("a", 0)), bed.NewListener().With(listener => listener.Key = "a")];
            own.Connect.MaxAttempts = 0;
        });
        var error = await Assert.ThrowsAsync<InvalidOptionsException>(() => bed.Proxy.ApplyAsync(options, Cancelled));
        Assert.Equal(["Listeners[0].Backlog", "Listeners[1].Key", "Connect.MaxAttempts"], error.Errors.Select(one => one.Path).Order(StringComparer.Ordinal).OrderBy(path => path[0] == 'C'));
        Assert.Single(bed.Proxy.LocalEndPoints);
    });

    [Fact]
    public Task Apply_NeedsANewSocket_SaysSoAndNothingChanges() => SimulatedProxy.RunAsync(async bed =>
    {
        var any = new IPEndPoint(IPAddress.IPv6Any, 9001);
        await StartAsync(bed, new ListenerOptions(any, SimulatedProxy.Name));
        await bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.Tcp.SendBufferSize = 4096), Cancelled);
        var error = await Assert.ThrowsAsync<InvalidOptionsException>(() => bed.Proxy.ApplyAsync(
            bed.Proxy.Options.With(own => own.Listeners = [new(new IPEndPoint(IPAddress.Any, 9001), SimulatedProxy.Name), .. own.Listeners]), Cancelled));
        Assert.StartsWith("Listeners[1]: [::]:9001 cannot take these options while it listens: whether it takes IPv4 clients too is settled when its socket is bound", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<InvalidOptionsException>(() => bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.Tcp.SendBufferSize = null), Cancelled));
        Assert.Contains("once a buffer size is set on its socket it cannot be left to the system again. Remove the listener, then add it.", error.Message, StringComparison.Ordinal);
        Assert.Equal(4096, bed.Proxy.Options.Tcp.SendBufferSize);
        Assert.Equal([any], bed.Proxy.LocalEndPoints);
    });

    [Fact]
    public Task Remove_LastListener_IsRefused() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(bed.NewListener());
        var error = await Assert.ThrowsAsync<InvalidOptionsException>(() => bed.Proxy.RemoveListenerAsync(bed.Proxy.LocalEndPoints[0], Cancelled));
        Assert.StartsWith("Listeners: at least one listener was expected", error.Message, StringComparison.Ordinal);
        Assert.Single(bed.Proxy.LocalEndPoints);
    });

    [Fact]
    public Task ChangeAndRemove_NoSuchAddress_IsFalse() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(bed.NewListener());
        Assert.False(await bed.Proxy.RemoveListenerAsync(AddressOf(bed, 9001), Cancelled));
        Assert.False(await bed.Proxy.ChangeListenerAsync(AddressOf(bed, 9001), bed.NewListener(), Cancelled));
        Assert.Single(bed.Proxy.LocalEndPoints);
    });

    [Fact]
    public Task Apply_ListenersOfThisTransportDoNotChange_OnlyWhatNeedsTheSocketIsRefused() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Carry = static transport => new FaultyTransport(transport, "none", isClient: true);
        var backend = await bed.StartAsync(bed.NewListener());
        await bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.AbortOnClose = true), Cancelled);
        var error = await Assert.ThrowsAsync<InvalidOptionsException>(() => bed.Proxy.ApplyAsync(bed.Proxy.Options.With(own => own.Tcp.NoDelay = false), Cancelled));
        Assert.Contains("listeners of this transport keep the options that they were made with", error.Message, StringComparison.Ordinal);
        await bed.ConnectServedAsync(backend);
    });

    [Fact]
    public async Task Apply_BeforeTheStart_ItStartsWithThem()
    {
        await using var router = new DestinationRegistry(new StaticResolver());
        await using var proxy = new TcpProxy(NewOptions(), router);
        await proxy.ApplyAsync(NewOptions().With(own => own.MaxSessions = 7), Cancelled);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 0), await proxy.AddListenerAsync(NewOptions().Listeners[0], Cancelled));
        Assert.Empty(proxy.LocalEndPoints);
        await proxy.StartAsync(Cancelled);
        Assert.Equal((7, 2), (proxy.MaxSessions, proxy.LocalEndPoints.Count));
    }

    [Fact]
    public async Task Apply_AfterTheDrain_IsRefused()
    {
        await using var router = new DestinationRegistry(new StaticResolver());
        await using var proxy = new TcpProxy(NewOptions(), router);
        await proxy.StartAsync(Cancelled);
        await proxy.DrainAsync(TimeSpan.Zero, CancellationToken.None);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => proxy.ApplyAsync(NewOptions(), Cancelled));
        Assert.Equal("The proxy has stopped listening: it takes new options only before.", error.Message);
        await Assert.ThrowsAsync<InvalidOperationException>(() => proxy.StartAsync(Cancelled));
        await proxy.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => proxy.ApplyAsync(NewOptions(), Cancelled));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => proxy.StartAsync(Cancelled));
        Assert.Empty(proxy.LocalEndPoints);
    }

    [Fact]
    public async Task Apply_ManyCallsWithStartAndDrainAmongThem_TakeTurns()
    {
        await using var router = new DestinationRegistry(new StaticResolver());
        await using var proxy = new TcpProxy(NewOptions(), router);
        var starting = proxy.StartAsync(Cancelled);
        var adding = Enumerable.Range(0, 16).Select(_ => Task.Run(() => proxy.AddListenerAsync(NewOptions().Listeners[0], Cancelled))).ToArray();
        await starting;
        var added = await Task.WhenAll(adding);
        Assert.Equal(17, proxy.LocalEndPoints.Distinct().Count());
        Assert.Equal(16, added.Intersect(proxy.LocalEndPoints).Count());

        var removing = added.Take(8).Select(address => Task.Run(() => proxy.RemoveListenerAsync(address, Cancelled))).ToArray();
        Assert.DoesNotContain(false, await Task.WhenAll(removing));
        Assert.Equal(9, proxy.LocalEndPoints.Count);

        // Each either comes before the drain, or is refused; nothing stays bound.
        var late = added.Skip(8).Select(address => Task.Run(() => proxy.RemoveListenerAsync(address, Cancelled))).ToArray();
        await proxy.DrainAsync(TimeSpan.Zero, CancellationToken.None);
        foreach (var call in late)
        {
            try
            {
                await call;
            }
            catch (InvalidOperationException)
            {
                continue;
            }
        }

        Assert.Empty(proxy.LocalEndPoints);
        Assert.Equal(0, Sockets.CountWithPorts(added.Select(address => ((IPEndPoint)address).Port)));
    }

    [Fact]
    public async Task Apply_CancelledWhileItWaits_ChangesNothing()
    {
        await using var router = new DestinationRegistry(new StaticResolver());
        await using var proxy = new TcpProxy(NewOptions(), router);
        await proxy.StartAsync(Cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => proxy.ApplyAsync(NewOptions().With(own => own.MaxSessions = 1), new CancellationToken(canceled: true)));
        Assert.Null(proxy.Options.MaxSessions);
    }

    private static TcpProxyOptions NewOptions() => new() { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), SimulatedProxy.Name)] };

    private static IPEndPoint AddressOf(SimulatedProxy bed, int port) => new(bed.ProxyHost.Address, port);

    private static async Task<SimulatedBackend> StartAsync(SimulatedProxy bed, params ListenerOptions[] listeners)
    {
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.StartAsync(new TcpProxyOptions { Listeners = listeners });
        await bed.ResolvedAsync();
        return backend;
    }
}
