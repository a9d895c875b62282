using System.Net;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Serving;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Changes of several proxies at once: all of them or none.</summary>
public sealed class TcpProxyChangeTests
{
    private static readonly DstPath Other = DstPath.Parse("/svc/other");

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public Task ApplyAsync_TwoProxiesOneOfThemNew_BothHaveTheOptions() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var session = await bed.ConnectServedAsync(backend);
        var endpoint = bed.Destination.Balancer.Endpoints[0];
        var second = NewProxy(bed, AddressOf(bed, 9001), out var registry);
        var other = new StaticResolver(backend.Address);
        await TcpProxyChange.ApplyAsync(
            [
                new(bed.Proxy, new TcpProxyOptions { Listeners = [new(bed.Proxy.LocalEndPoints[0], SimulatedProxy.Name), new(AddressOf(bed, 9002), Other)], MaxSessions = 7 }, _ => Options(bed, other, maxSessions: 5)),
                new(second, new TcpProxyOptions { Listeners = [new(AddressOf(bed, 9003), SimulatedProxy.Name)] }),
            ],
            Cancelled);
        Assert.Equal([AddressOf(bed, 9003)], second.LocalEndPoints);
        Assert.Equal((2, 7), (bed.Proxy.LocalEndPoints.Count, bed.Proxy.MaxSessions));

        // The name that is new has the new options from the beginning, and the endpoint of the other its load.
        Assert.All([bed.Router.Get(Other), bed.Destination], destination => Assert.Same(other, destination.Options.Resolver));
        Assert.Same(endpoint, bed.Destination.Balancer.Endpoints[0]);
        Assert.Equal(1, endpoint.Load);
        await session.SendTextAsync("on");
        Assert.Equal("on", await backend.Accepted[0].ReadTextAsync(2));
        await second.DisposeAsync();
        GC.KeepAlive(registry);
    });

    [Fact]
    public Task ApplyAsync_AddressOfTheLastIsInUse_NothingOfTheFirstHasChanged() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var addresses = bed.Proxy.LocalEndPoints;
        var options = bed.Destination.Options;
        var taken = AddressOf(bed, 9002);
        await using var occupied = await bed.ProxyHost.ListenAsync(new TransportListenOptions { EndPoint = taken }, Cancelled);
        var second = NewProxy(bed, taken, out _);
        var error = await Assert.ThrowsAsync<TransportException>(() => TcpProxyChange.ApplyAsync(
            [
                new(bed.Proxy, new TcpProxyOptions { Listeners = [new(addresses[0], SimulatedProxy.Name) { MaxSessions = 1 }, new(AddressOf(bed, 9001), Other)] }, _ => Options(bed, new StaticResolver(), maxSessions: 1)),
                new(second, new TcpProxyOptions { Listeners = [new(taken, SimulatedProxy.Name)] }),
            ],
            Cancelled));
        Assert.Contains(taken.ToString(), error.Message, StringComparison.Ordinal);
        Assert.Equal(addresses, bed.Proxy.LocalEndPoints);
        Assert.Null(bed.Proxy.Options.Listeners[0].MaxSessions);
        Assert.Same(options, bed.Destination.Options);
        Assert.Equal(ConnectFailure.Refused, (await bed.ClientHost.ConnectAsync(AddressOf(bed, 9001), new TransportConnectOptions(), Cancelled)).Failure);

        // The name that only the change had is gone.
        Assert.Same(bed.Destination, Assert.Single(bed.Router.Destinations));
        await bed.ConnectServedAsync(backend);
        await second.DisposeAsync();
    });

    [Fact]
    public Task ApplyAsync_AddressGoesToANewProxy_SocketStaysAndItsSessionsToo() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var address = (IPEndPoint)bed.Proxy.LocalEndPoints[0];
        var session = await bed.ConnectServedAsync(backend);
        var second = NewProxy(bed, address, out _);
        await TcpProxyChange.ApplyAsync(
            [
                new(second, new TcpProxyOptions { Listeners = [new(address, SimulatedProxy.Name) { MaxSessions = 2 }], MaxSessions = 2 }),
                new(bed.Proxy, null),
            ],
            Cancelled);
        Assert.Equal([address], second.LocalEndPoints);
        Assert.Empty(bed.Proxy.LocalEndPoints);
        await session.SendTextAsync("on");
        Assert.Equal("on", await backend.Accepted[0].ReadTextAsync(2));
        var client = await bed.ClientHost.ConnectAsync(address, new TransportConnectOptions(), Cancelled);
        Assert.Equal(ConnectFailure.None, client.Failure);
        await bed.DelayAsync(100);
        Assert.Equal((1, 1), (bed.Proxy.ActiveSessions, second.ActiveSessions));

        // The place of the session that runs counts for the listener and the proxy that have the socket now.
        Assert.Equal(ConnectFailure.None, (await bed.ClientHost.ConnectAsync(address, new TransportConnectOptions(), Cancelled)).Failure);
        await bed.DelayAsync(100);
        Assert.Equal(1, second.ActiveSessions);
        session.Abort();
        await bed.DelayAsync(1_000);
        Assert.Equal((0, 2), (bed.Proxy.ActiveSessions, second.ActiveSessions));
        await second.DisposeAsync();
    });

    [Fact]
    public Task ApplyAsync_TwoProxiesExchangeAddresses_NewSessionsGoToTheOther() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(bed.NewListener());
        var (first, other) = ((IPEndPoint)bed.Proxy.LocalEndPoints[0], AddressOf(bed, 9005));
        var second = NewProxy(bed, other, out _);
        await second.StartAsync(Cancelled);
        await TcpProxyChange.ApplyAsync([Change(bed.Proxy, other), Change(second, first)], Cancelled);
        Assert.Equal([other, first], bed.Proxy.LocalEndPoints.Concat(second.LocalEndPoints));
        Assert.Equal(ConnectFailure.None, (await bed.ClientHost.ConnectAsync(first, new TransportConnectOptions(), Cancelled)).Failure);
        await bed.DelayAsync(100);
        Assert.Equal((0, 1), (bed.Proxy.ActiveSessions, second.ActiveSessions));

        // And back, while another one fails: nothing has changed.
        var taken = AddressOf(bed, 9006);
        await using var occupied = await bed.ProxyHost.ListenAsync(new TransportListenOptions { EndPoint = taken }, Cancelled);
        await Assert.ThrowsAsync<TransportException>(() => TcpProxyChange.ApplyAsync([Change(bed.Proxy, first), Change(second, other, taken)], Cancelled));
        Assert.Equal([other, first], bed.Proxy.LocalEndPoints.Concat(second.LocalEndPoints));
        Assert.Equal(ConnectFailure.None, (await bed.ClientHost.ConnectAsync(other, new TransportConnectOptions(), Cancelled)).Failure);
        await bed.DelayAsync(100);
        Assert.Equal((1, 1), (bed.Proxy.ActiveSessions, second.ActiveSessions));
        await second.DisposeAsync();

        static TcpProxyChange Change(TcpProxy proxy, params IPEndPoint[] addresses) =>
            new(proxy, new TcpProxyOptions { Listeners = [.. addresses.Select(static address => new ListenerOptions(address, SimulatedProxy.Name))] });
    });

    [Fact]
    public Task ApplyAsync_OptionsOfTheRegistry_ApplyWithTheOthers() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(bed.NewListener());
        var options = new TcpProxyOptions { Listeners = [new(bed.Proxy.LocalEndPoints[0], SimulatedProxy.Name)] };
        await TcpProxyChange.ApplyAsync([new(bed.Proxy, options, _ => Options(bed, bed.Resolver, maxSessions: 5), new DestinationRegistryOptions { MaxMeasuredEndpoints = 3 })], Cancelled);
        Assert.Equal(3, bed.Router.Table.MaxMeasuredEndpoints);
        await Assert.ThrowsAsync<InvalidOptionsException>(() => TcpProxyChange.ApplyAsync(
            [new(bed.Proxy, options, _ => Options(bed, bed.Resolver, maxSessions: 6), new DestinationRegistryOptions { MaxMeasuredEndpoints = -1 })], Cancelled));
        Assert.Equal((3, 5), (bed.Router.Table.MaxMeasuredEndpoints, bed.Destination.Options.MaxSessions));
    });

    [Fact]
    public Task ApplyAsync_OptionsOfADestinationAreNotValid_NothingHasChanged() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var addresses = bed.Proxy.LocalEndPoints;
        await Assert.ThrowsAsync<InvalidOptionsException>(() => TcpProxyChange.ApplyAsync(
            [new(bed.Proxy, new TcpProxyOptions { Listeners = [new(AddressOf(bed, 9001), _ => Other)] }, _ => Options(bed, bed.Resolver, maxSessions: 0))], Cancelled));
        Assert.Equal(addresses, bed.Proxy.LocalEndPoints);
        await bed.ConnectServedAsync(backend);
    });

    [Fact]
    public Task ApplyAsync_ProxyWithoutOptions_StopsListeningAndItsSessionsGoOn() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var session = await bed.ConnectServedAsync(backend);
        await TcpProxyChange.ApplyAsync([new(bed.Proxy, null)], Cancelled);
        Assert.Empty(bed.Proxy.LocalEndPoints);
        Assert.Equal(1, bed.Proxy.ActiveSessions);
        await session.SendTextAsync("on");
        Assert.Equal("on", await backend.Accepted[0].ReadTextAsync(2));
        await Assert.ThrowsAsync<InvalidOperationException>(() => bed.Proxy.ApplyAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] }, Cancelled));
        Assert.Equal(1, await bed.Proxy.DrainAsync(TimeSpan.Zero, Cancelled));
    });

    [Fact]
    public Task ApplyAsync_OneProxyTwice_IsRefused() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(bed.NewListener());
        await Assert.ThrowsAsync<ArgumentException>(() => TcpProxyChange.ApplyAsync([new(bed.Proxy, null), new(bed.Proxy, null)], Cancelled));
    });

    [Fact]
    public Task Listener_SettingsOfItsOwn_TakePrecedenceOverThoseOfTheProxy() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.StartAsync(new TcpProxyOptions
        {
            Listeners = [bed.NewListener().With(own => own.Duplex = new() { IdleTimeout = TimeSpan.FromSeconds(1) }), bed.NewListener()],
            Duplex = new() { IdleTimeout = TimeSpan.FromSeconds(20) },
        });
        await bed.ResolvedAsync();
        await bed.ConnectServedAsync(backend);
        await bed.ConnectServedAsync(backend, listener: 1);
        await bed.DelayAsync(5_000);
        Assert.Equal(1, bed.Proxy.ActiveSessions);
        await bed.DelayAsync(25_000);
        Assert.Equal(0, bed.Proxy.ActiveSessions);
    });

    [Theory]
    [InlineData(null, 3_000)]
    [InlineData(6, 6_000)]
    public Task ConnectTimeout_OfListenerAndDestination_TheOneOfTheDestinationTakesPrecedence(int? ofDestination, int milliseconds) => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Configure = options => options.With(own => (own.Resolver, own.Connect) = (new Silent(), new() { ConnectTimeout = ofDestination is { } seconds ? TimeSpan.FromSeconds(seconds) : null }));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener().With(own => own.ConnectTimeout = TimeSpan.FromSeconds(3))], Connect = new() { ConnectTimeout = TimeSpan.FromSeconds(9) } });
        Assert.Equal(ConnectFailure.None, (await bed.ClientHost.ConnectAsync((IPEndPoint)bed.Proxy.LocalEndPoints[0], new TransportConnectOptions(), Cancelled)).Failure);
        await bed.DelayAsync(milliseconds - 500);
        Assert.Equal(1, bed.Proxy.ActiveSessions);
        await bed.DelayAsync(1_000);
        Assert.Equal(0, bed.Proxy.ActiveSessions);
    });

    private static DestinationOptions Options(SimulatedProxy bed, IResolver resolver, int maxSessions) => new()
    {
        Resolver = resolver,
        MaxSessions = maxSessions,
        Balancing = bed.Destination.Options.Balancing,
    };

    private static IPEndPoint AddressOf(SimulatedProxy bed, int port) => new(bed.ProxyHost.Address, port);

    private static TcpProxy NewProxy(SimulatedProxy bed, IPEndPoint address, out DestinationRegistry registry)
    {
        registry = new DestinationRegistry(_ => new DestinationOptions { Resolver = bed.Resolver }, null, null, bed.Scheduler.TimeProvider, bed.Random, bed.ProxyHost);
        return new TcpProxy(new TcpProxyOptions { Listeners = [new(address, SimulatedProxy.Name)] }, registry, bed.ProxyHost, null, null, bed.Scheduler.TimeProvider, bed.Random);
    }

    /// <summary>Never gives an answer.</summary>
    private sealed class Silent : IResolver
    {
        public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            yield break;
        }
    }
}
