using System.Diagnostics.Metrics;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Whatever throws that is somebody else's, a session ends, its places are given back, and it is logged once.</summary>
public sealed class ForeignSessionTests
{
    private const int SessionFailed = 4102;

    public static TheoryData<string, bool> Members => new(
        from member in new[]
        {
            "RemoteEndPoint", "Executor", "Post", "Deadline", "Arm", "Disarm", "BytesReceived", "UnreadBytes", "BytesSent", "IsReset", "HasPeerClosed", "ReceiveAsync",
            "Advance", "SendAsync", "ShutdownSend", "WaitAcknowledgedAsync", "Abort", "DisposeAsync",
        }
        from isClient in new[] { true, false }
        select (member, isClient));

    [Theory]
    [MemberData(nameof(Members))]
    public Task Connection_Throws_SessionEndsAndItsPlacesAreGivenBack(string member, bool isClient) => SimulatedProxy.RunAsync(async bed =>
    {
        FaultyTransport transport = null!;
        bed.Carry = inner => transport = new FaultyTransport(inner, member, isClient);
        var backend = await bed.StartAsync(bed.NewListener().With(own => { own.MaxSessions = 1; own.MaxSessionsPerClient = 1; }), destinationSessions: 1);
        transport.IsFaulty = true;
        await UseAsync(bed, backend);
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        transport.IsFaulty = false;
        Assert.InRange(bed.Logs.Count(SessionFailed), 0, 1);
        Assert.All(transport.Connections, connection => Assert.True(connection.IsDisposed));
        await AssertAllIsFreeAsync(bed, backend);
    });

    /// <summary>A connection of which nobody asks anything but what a session asks while it waits.</summary>
    [Theory]
    [InlineData("IsReset")]
    [InlineData("Arm")]
    [InlineData("Post")]
    [InlineData("Abort")]
    public Task Connection_ThrowsWhileItsSessionWaits_SessionEnds(string member) => SimulatedProxy.RunAsync(async bed =>
    {
        FaultyTransport transport = null!;
        bed.Carry = inner => transport = new FaultyTransport(inner, member, isClient: true);
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(Resolution.Pending.Instance);
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener().With(own => own.MaxSessions = 1)] }, destinationSessions: 1);
        transport.IsFaulty = true;
        var client = await bed.ConnectAsync();
        await bed.DelayAsync(20_000);
        Assert.Equal((0, 0), (bed.Proxy.ActiveSessions, bed.Destination.PendingSessions));
        await SimulatedProxy.ExpectResetAsync(client);
        Assert.Equal(1, bed.Logs.Count(SessionFailed));
        transport.IsFaulty = false;
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.ResolvedAsync();
        await AssertAllIsFreeAsync(bed, backend);
    });

    [Fact]
    public Task Balancer_EndpointsThrowWhileSessionsWait_TheyEndAndThoseAfterThemAreServed() => SimulatedProxy.RunAsync(async bed =>
    {
        var balancer = new BrokenBalancer();
        bed.Configure = options => options.With(own => own.BalancerFactory = () => balancer);
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(new Resolution.Bound(EndpointSet.Empty));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] }, configure: options => options.With(own => own.WaitForEndpoints = true));
        await bed.ResolvedAsync();
        var (one, other) = (await bed.ConnectAsync(), await bed.ConnectAsync());
        await bed.UntilAsync(() => bed.Destination.PendingSessions == 2);
        balancer.EndpointsThrow = true;
        balancer.RaiseChanged();
        await SimulatedProxy.ExpectResetAsync(one);
        await SimulatedProxy.ExpectResetAsync(other);
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        Assert.Equal((2, 2d), (bed.Logs.Count(SessionFailed), bed.Closed("PC")));
        balancer.EndpointsThrow = false;
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.ResolvedAsync(updates: 2);
        await bed.ConnectServedAsync(backend);
    });

    [Fact]
    public Task Changed_AHandlerThrows_OthersAreToldAndLoadsAreGivenBack() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Balancing = new BalancerOptions { MaxConnections = 1 };
        var backend = await bed.StartAsync(bed.NewListener(), destinationSessions: 2);
        var balancer = bed.Destination.Balancer;
        balancer.Changed += Throw;
        var served = await bed.ConnectServedAsync(backend);
        var waits = await bed.ConnectAsync();
        await waits.SendTextAsync("y");
        await bed.UntilAsync(() => bed.Destination.PendingSessions == 1);
        served.Abort();
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
        Assert.Equal("y", await backend.Accepted[1].ReadTextAsync(1));
        await bed.EndAsync(waits);
        Assert.Equal(0, balancer.Endpoints[0].Load);
        Assert.Equal(1, bed.Logs.Count(3021));

        static void Throw() => throw new InvalidOperationException("The handler has a bug.");
    });

    [Fact]
    public Task MeterListener_Throws_PlacesAreGivenBack() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener().With(own => { own.MaxSessions = 1; own.MaxSessionsPerClient = 1; }), destinationSessions: 1);
        using (var listener = new MeterListener { InstrumentPublished = (instrument, listener) => EnableOwn(bed.Meter, instrument, listener) })
        {
            listener.SetMeasurementEventCallback<long>((_, _, _, _) => throw new InvalidOperationException("The listener has a bug."));
            listener.Start();
            var client = await bed.ConnectAsync();
            client.Abort();
            await bed.DelayAsync(1000);
            Assert.Equal(0, bed.Proxy.ActiveSessions);
        }

        await AssertAllIsFreeAsync(bed, backend);

        static void EnableOwn(Meter meter, Instrument instrument, MeterListener listener)
        {
            if (instrument.Meter == meter)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        }
    });

    [Fact]
    public Task Logger_Throws_SessionsAreServedAndEnd() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.LogTo = _ => new ThrowingLogger();
        var backend = await bed.StartAsync(bed.NewListener().With(own => { own.MaxSessions = 1; own.MaxSessionsPerClient = 1; }), destinationSessions: 1);
        backend.Endpoint.Refuse();
        await bed.ConnectRefusedAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        backend.Endpoint.Heal();
        await AssertAllIsFreeAsync(bed, backend);
    });

    [Fact]
    public Task Drain_ListenersThrow_AllOfThemStop() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Carry = static inner => new FaultyTransport(inner, "none", isClient: true) { ListenersThrow = true };
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener(), bed.NewListener()] });
        var addresses = bed.Proxy.LocalEndPoints;
        Assert.Equal(0, await bed.Proxy.DrainAsync(TimeSpan.FromSeconds(1), CancellationToken.None));
        foreach (var address in addresses)
        {
            Assert.False((await bed.ClientHost.ConnectAsync(address, new TransportConnectOptions(), TestContext.Current.CancellationToken)).IsConnected);
        }

        Assert.Equal(2, bed.Logs.Count(4008));
    });

    [Fact]
    public Task Warm_TransportThrows_LoadIsGivenBack() => SimulatedProxy.RunAsync(async bed =>
    {
        FaultyTransport transport = null!;
        bed.Carry = inner => transport = new FaultyTransport(inner, "RemoteEndPoint", isClient: false) { IsFaulty = true };
        bed.Configure = options => options.With(own => own.Preconnect = new PreconnectOptions { Connections = 1 });
        await bed.StartAsync(bed.NewListener());
        await bed.DelayAsync(20_000);
        Assert.Equal(0, bed.Destination.Balancer.Endpoints[0].Load);
        Assert.NotEmpty(transport.Connections);
        Assert.All(transport.Connections, connection => Assert.True(connection.IsDisposed));
    });

    [Theory]
    [InlineData("HasPeerClosed")]
    [InlineData("DisposeAsync")]
    [InlineData("Post")]
    public Task Warm_ConnectionThrows_LoadIsGivenBack(string member) => SimulatedProxy.RunAsync(async bed =>
    {
        FaultyTransport transport = null!;
        bed.Carry = inner => transport = new FaultyTransport(inner, member, isClient: false) { IsFaulty = true };
        bed.Configure = options => options.With(own => own.Preconnect = new PreconnectOptions { Connections = 1, MaxIdle = TimeSpan.FromSeconds(2) });
        var backend = await bed.StartAsync(bed.NewListener());
        await bed.DelayAsync(10_000);
        Assert.InRange(bed.Destination.Balancer.Endpoints[0].Load, 0, 1);
        transport.IsFaulty = false;
        await bed.DelayAsync(5000);
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("x");
        await bed.UntilAsync(() => bed.Destination.Balancer.Endpoints[0].Load == 2);
        await bed.EndAsync(client);
        Assert.Equal(1, bed.Destination.Balancer.Endpoints[0].Load);
    });

    private static async Task UseAsync(SimulatedProxy bed, SimulatedBackend backend)
    {
        var client = await bed.ConnectAsync();
        await client.TrySendAsync("hello"u8.ToArray());
        for (var waited = 0; waited < 1000 && backend.Accepted.Count == 0; waited++)
        {
            await bed.DelayAsync(1);
        }

        foreach (var server in backend.Accepted)
        {
            await server.TrySendAsync("hello"u8.ToArray());
            server.ShutdownSend();
        }

        client.ShutdownSend();
        await bed.DelayAsync(1000);
        client.Abort();
        backend.Accepted.ForEach(server => server.Abort());
    }

    /// <summary>Sessions whose limits are one are served one after the other.</summary>
    private static async Task AssertAllIsFreeAsync(SimulatedProxy bed, SimulatedBackend backend)
    {
        Assert.Equal(0, bed.Destination.Balancer.Endpoints[0].Load);
        for (var i = 0; i < 2; i++)
        {
            var client = await bed.ConnectServedAsync(backend);
            await bed.EndAsync(client);
        }

        Assert.Equal(0, bed.Destination.Balancer.Endpoints[0].Load);
        Assert.Equal(0, bed.Destination.SessionLimit?.Active ?? 0);
    }

    private sealed class BrokenBalancer : ILoadBalancer
    {
        private readonly ILoadBalancer _balancer = LoadBalancers.Create(BalancerKind.P2c);

        public event Action? Changed;

        public bool EndpointsThrow { get; set; }

        public IReadOnlyList<ServerEndpoint> Endpoints => EndpointsThrow ? throw new InvalidOperationException("The balancer has a bug.") : _balancer.Endpoints;

        public void RaiseChanged() => Changed?.Invoke();

        public void Update(EndpointSet endpoints)
        {
            _balancer.Update(endpoints);
            Changed?.Invoke();
        }

        public PickResult Pick(in PickContext context, out EndpointLease lease) => _balancer.Pick(context, out lease);
    }

    private sealed class ThrowingLogger : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new InvalidOperationException("The logger has a bug.");

        public void Dispose()
        {
        }
    }
}
