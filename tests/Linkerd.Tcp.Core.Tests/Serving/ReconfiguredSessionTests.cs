using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Sessions of a destination that takes other options while they run, and of names that clients choose.</summary>
public sealed class ReconfiguredSessionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Configure_AtRandomWhileSessionsRun_NoneIsLostStateIsKeptAndCountersAreExact(bool isForeign) =>
        SimulatedProxy.RunAsync(bed => RunRandomAsync(bed, isForeign), seeds: 8);

    [Fact]
    public Task MaxSessions_SetWhileSessionsRun_CountsThoseThatBeginAndGivesBackExactly() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var old = await bed.ConnectServedAsync(backend);
        var destination = bed.Destination;
        destination.Configure(Options(bed, static own => own.MaxSessions = 1));
        var one = await bed.ConnectServedAsync(backend);
        await bed.ConnectRefusedAsync();
        await bed.EndAsync(old);
        Assert.Equal(1, destination.SessionLimit!.Active);
        await bed.ConnectRefusedAsync();
        destination.Configure(Options(bed));
        var other = await bed.ConnectServedAsync(backend);
        destination.Configure(Options(bed, static own => own.MaxSessions = 1));
        Assert.Equal((2, 2), (destination.SessionLimit.Active, bed.Proxy.ActiveSessions));
        await bed.EndAsync(one);
        await bed.EndAsync(other);
        Assert.Equal(0, destination.SessionLimit.Active);
        await bed.ConnectServedAsync(backend);
    });

    [Fact]
    public Task Warm_TurnedOnChangedAndOff_IsAppliedWhileTheProxyRuns() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var destination = bed.Destination;
        Assert.Null(destination.Preconnects.Pool);
        destination.Configure(Options(bed, static own => own.Preconnect = new() { Connections = 3 }));
        await bed.UntilAsync(() => destination.Preconnects.Pool?.Count == 3);
        var pool = destination.Preconnects.Pool;
        destination.Configure(Options(bed, static own => own.Preconnect = new() { Connections = 1 }));
        await bed.UntilAsync(() => destination.Balancer.Endpoints[0].Load == 1);
        Assert.Equal((pool, 1), (destination.Preconnects.Pool, pool!.Count));
        destination.Configure(Options(bed, static own => own.Preconnect = new() { Connections = 2 }));
        await bed.UntilAsync(() => pool.Count == 2);
        destination.Configure(Options(bed));
        await bed.UntilAsync(() => destination.Balancer.Endpoints[0].Load == 0);
        Assert.Null(destination.Preconnects.Pool);
        await bed.UntilAsync(() => backend.Accepted.Count == 4);
    });

    [Fact]
    public Task DrainTimeout_SetWhileAnEndpointDrains_ItsSessionsEnd() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var client = await bed.ConnectServedAsync(backend);
        bed.Destination.Balancer.Endpoints[0].Drain();
        await bed.DelayAsync(3_600_000);
        Assert.Equal(1, bed.Proxy.ActiveSessions);
        bed.Destination.Configure(Options(bed, static own => own.DrainTimeout = TimeSpan.FromSeconds(10)));
        await SimulatedProxy.ExpectResetAsync(client);
        await bed.UntilAsync(() => bed.Closed("kD") == 1);
    });

    [Fact]
    public Task Route_NameIsIdle_IsEvictedOnceItsLastSessionHasEnded() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartRoutedAsync(bed, new DestinationRegistryOptions { IdleTimeout = TimeSpan.FromSeconds(10) }, static _ => SimulatedProxy.Name);
        var evicted = await ServeForAMinuteAsync(bed, backend);
        await bed.DelayAsync(9_000);
        Assert.Single(bed.Router.Destinations);
        await bed.DelayAsync(4_000);
        Assert.Empty(bed.Router.Destinations);

        // The proxy does not know it any more, by any way that is shorter than that through the network of the simulation, which keeps the connections of all time.
        Assert.All(OptionsProbe.FindIn(bed.Proxy, evicted), static path => Assert.Contains("._links.", path, StringComparison.Ordinal));
        await ConnectRoutedAsync(bed, backend);
    });

    [Fact]
    public Task Route_SessionWaits_ItsNameIsNotEvicted() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Resolver.Update(Resolution.Pending.Instance);
        await StartRoutedAsync(bed, new DestinationRegistryOptions { UnboundTimeout = TimeSpan.FromSeconds(1) }, static _ => SimulatedProxy.Name, isResolved: false, connect: TimeSpan.FromSeconds(60));
        var client = await bed.ConnectAsync();
        await bed.DelayAsync(50_000);
        Assert.Single(bed.Router.Destinations);
        await SimulatedProxy.ExpectResetAsync(client);
        await bed.DelayAsync(2_000);
        Assert.Empty(bed.Router.Destinations);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Route_AsManyNamesAsThereMayBe_TheNextIsRefusedUntilOneHasGone(bool isHeld) => SimulatedProxy.RunAsync(async bed =>
    {
        var name = 0;
        var backend = await StartRoutedAsync(
            bed, new DestinationRegistryOptions { MaxClientNamed = 2, IdleTimeout = TimeSpan.FromSeconds(10) }, _ => DstPath.Parse($"/svc/{name}"));
        var clients = new List<TransportConnection>();
        for (; name < 2; name++)
        {
            clients.Add(await ConnectRoutedAsync(bed, backend));
        }

        for (var i = 0; i < 3; i++)
        {
            await bed.ConnectRefusedAsync();
        }

        await bed.UntilAsync(() => bed.Closed("PA:destinations_full") == 3);
        Assert.Equal((3, 1, 1), ((int)bed.Refused("destinations_full"), bed.Logs.Count(4005), bed.Logs.Count(3024)));
        name = 1;
        clients.Add(await ConnectRoutedAsync(bed, backend));
        name = 2;
        if (!isHeld)
        {
            await bed.EndAsync(clients[0]);
        }

        await bed.DelayAsync(13_000);
        await (isHeld ? bed.ConnectRefusedAsync() : ConnectRoutedAsync(bed, backend));
    });

    [Fact]
    public Task Route_SessionComesInTheMomentOfTheEviction_IsServed() => SimulatedProxy.RunAsync(
        async bed =>
        {
            var backend = await StartRoutedAsync(bed, new DestinationRegistryOptions { IdleTimeout = TimeSpan.FromSeconds(1) }, static _ => SimulatedProxy.Name);
            for (var i = 0; i < 40; i++)
            {
                var client = await ConnectRoutedAsync(bed, backend);
                await bed.EndAsync(client);

                // The looks are a tenth of a second apart: every session comes within a few ms of one.
                await bed.DelayAsync(990 + (100 * (bed.Random.NextUInt64() % 4)) + (20 * bed.Random.NextDouble()));
            }

            Assert.InRange(bed.Router.Table.Evicted.Idle, 1, 39);
            Assert.Equal(40, backend.Accepted.Count);
        },
        seeds: 10);

    private static async Task RunRandomAsync(SimulatedProxy bed, bool isForeign)
    {
        var backends = new List<SimulatedBackend>();
        for (var i = 0; i < 4; i++)
        {
            backends.Add(await bed.AddBackendAsync(EchoAsync));
        }

        bed.Resolver.Update(EndpointSet.Create([.. backends.Select(static backend => backend.Address)]));
        var resolvers = new[] { bed.Resolver, new StaticResolver(backends.Select(static backend => backend.Address)), new StaticResolver(backends.Select(static backend => backend.Address)) };
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] });
        await bed.ResolvedAsync();
        var destination = bed.Destination;
        var endpoints = destination.Balancer.Endpoints;
        var all = endpoints.ToHashSet();
        endpoints[0].OverrideWeight(2);
        var isDone = false;
        var served = 0;
        var clients = Enumerable.Range(0, 12).Select(_ => ServeAsync()).ToList();
        for (var i = 0; i < 250; i++)
        {
            await bed.DelayAsync(20 * bed.Random.NextDouble());
            var picks = endpoints.Select(static endpoint => (endpoint.Picks, endpoint.Load, endpoint.Open)).ToList();
            destination.Configure(Options(bed, own => Shuffle(own, bed.Random, resolvers, isForeign)));
            if (isForeign)
            {
                all.UnionWith(destination.Balancer.Endpoints);
                continue;
            }

            // The same objects, with what they had; who waits may have been served.
            Assert.Equal(endpoints, destination.Balancer.Endpoints);
            Assert.Equal(2, endpoints[0].WeightOverride);
            Assert.All(endpoints.Zip(picks), static pair => Assert.True(pair.First.Picks >= pair.Second.Picks && pair.First.Load >= pair.Second.Load && pair.First.Open == pair.Second.Open));
        }

        destination.Configure(Options(bed));
        all.UnionWith(destination.Balancer.Endpoints);
        isDone = true;
        await Task.WhenAll(clients);
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0 && all.All(static endpoint => endpoint.Load == 0));

        // The holds are the listener's and the test's.
        Assert.Equal((0, 0, 2), ((int)bed.Counters.CountAll("linkerd.tcp.sessions.refused"), destination.PendingSessions, destination.Use.Holds));
        Assert.Equal(0, destination.SessionLimit?.Active ?? 0);
        Assert.All(all, static endpoint => Assert.Equal((0, 0), (endpoint.Open, endpoint.ConnectFailures)));
        Assert.Equal(served, (int)bed.Counters.CountAll("linkerd.tcp.sessions.accepted"));
        Assert.InRange(all.Sum(static endpoint => endpoint.Picks), served, long.MaxValue);
        Assert.True(served > 300, $"{served} served");

        async Task ServeAsync()
        {
            while (!isDone)
            {
                var client = await bed.ConnectAsync();
                await client.SendTextAsync("ping");
                Assert.Equal("ping", await client.ReadTextAsync(4));
                await bed.DelayAsync(30 * bed.Random.NextDouble());
                await client.SendTextAsync("pong");
                Assert.Equal("pong", await client.ReadTextAsync(4));
                client.ShutdownSend();
                Assert.Equal((0, TransportStatus.Ok), await client.ReadToEndAsync() is var (data, end) ? (data.Length, end) : default);
                await client.DisposeAsync();
                served++;
            }
        }
    }

    private static void Shuffle(DestinationOptions own, Random random, StaticResolver[] resolvers, bool isForeign)
    {
        own.Resolver = resolvers[Draw(3)];
        own.Balancer = (BalancerKind)Draw(Enum.GetValues<BalancerKind>().Length);
        own.Balancing.MaxConnections = Draw(3) == 0 ? null : 2 + Draw(4);
        own.Balancing.MaxPending = Draw(2) == 0 ? null : 1 + Draw(3);
        own.Balancing.HashBalanceFactor = Draw(2) == 0 ? null : 125;
        own.Balancing.Breaker.Failures = Draw(6);
        own.Balancing.SlowStart.Window = TimeSpan.FromSeconds(Draw(3));
        own.Balancing.SuspectAfter = Draw(2) == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(250);
        own.Balancing.Aperture = Draw(3) == 0 ? new ApertureOptions { Instance = 0, Instances = 2 } : null;
        own.MaxSessions = Draw(2) == 0 ? null : 12 + Draw(5);
        own.MaxPendingSessions = 12 + Draw(10);
        own.WaitForEndpoints = Draw(2) == 0;
        own.ClearOnNegative = Draw(2) == 1;
        own.Connect = Draw(2) == 0 ? null : new ConnectOptions { MaxAttempts = 1 + Draw(3) };
        own.RetryBudget = new() { PerSecond = Draw(20), PerSession = Draw(2) };
        own.Preconnect = new() { Connections = isForeign ? Draw(3) : 0 };
        own.Check = Draw(2) == 0 ? null : new() { Interval = TimeSpan.FromMilliseconds(100 + Draw(1000)) };
        own.DrainTimeout = Draw(2) == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(1);
        if (isForeign && Draw(4) == 0)
        {
            // Another delegate each time.
            var (kind, balancing) = (own.Balancer, own.Balancing);
            own.BalancerFactory = () => LoadBalancers.Create(kind, balancing);
        }

        int Draw(int below) => (int)(random.NextUInt64() % (ulong)below);
    }

    private static async Task EchoAsync(TransportConnection connection)
    {
        while (true)
        {
            var received = await connection.ReceiveAsync();
            var data = received.Data.ToArray();
            if (data.Length == 0)
            {
                if (received.IsFin)
                {
                    connection.ShutdownSend();
                }

                await connection.DisposeAsync();
                return;
            }

            connection.Advance(data.Length);
            await connection.TrySendAsync(data);
        }
    }

    private static DestinationOptions Options(SimulatedProxy bed, Action<DestinationOptions>? change = null)
    {
        var options = new DestinationOptions { Resolver = bed.Resolver, Balancing = new() { Random = bed.Random, TimeProvider = bed.Scheduler.TimeProvider } };
        change?.Invoke(options);
        return options;
    }

    private static async Task<SimulatedBackend> StartRoutedAsync(
        SimulatedProxy bed, DestinationRegistryOptions options, Func<SessionContext, DstPath?> route, bool isResolved = true, TimeSpan? connect = null)
    {
        var backend = await bed.AddBackendAsync();
        if (isResolved)
        {
            bed.Resolver.Update(EndpointSet.Create(backend.Address));
        }

        await bed.StartAsync(new TcpProxyOptions { Listeners = [new ListenerOptions(bed.ProxyHost.AnyPort, route)], Connect = new() { ConnectTimeout = connect ?? TimeSpan.FromSeconds(10) } });
        bed.Router.Configure(_ => Options(bed), options);
        return backend;
    }

    /// <summary>Connects, and waits, in no virtual time, until the name that the route gave is resolved; then until a server has the client's first byte.</summary>
    private static async Task<TransportConnection> ConnectRoutedAsync(SimulatedProxy bed, SimulatedBackend backend)
    {
        var (sessions, accepted) = (bed.Proxy.ActiveSessions, backend.Accepted.Count);
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("x");
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions > sessions);
        await bed.Scheduler.RunElsewhereAsync(() => Assert.True(SpinWait.SpinUntil(() => bed.Router.Destinations.All(static destination => destination.Updates > 0), TimeSpan.FromSeconds(60))));
        await bed.UntilAsync(() => backend.Accepted.Count > accepted);
        Assert.Equal("x", await backend.Accepted[accepted].ReadTextAsync(1));
        return client;
    }

    private static async Task<Destination> ServeForAMinuteAsync(SimulatedProxy bed, SimulatedBackend backend)
    {
        var client = await ConnectRoutedAsync(bed, backend);
        await bed.DelayAsync(60_000);
        Assert.Equal(1, bed.Router.Table.ClientNamed);
        await bed.EndAsync(client);
        return bed.Router.Destinations.Single();
    }
}
