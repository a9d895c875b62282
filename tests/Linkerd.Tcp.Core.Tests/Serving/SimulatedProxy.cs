using System.Diagnostics.Metrics;
using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>A proxy in the simulation with its clients and servers around it, all of virtual time, from one seed.</summary>
internal sealed class SimulatedProxy : IAsyncDisposable
{
    public static readonly DstPath Name = DstPath.Parse("/svc/web");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<EndPoint, SimulatedHost> _clients = [];

    private SimulatedProxy(SimulatedScheduler scheduler, ulong seed)
    {
        Random = RandomSource.Seeded(seed);
        Network = new SimulatedNetwork(scheduler, Random);
        Counters = new MeterRecorder(Meter);
        ProxyHost = Network.AddHost("proxy");
        ServerHost = Network.AddHost("server");
        ClientHost = Network.AddHost("client");
    }

    public Random Random { get; }

    public SimulatedNetwork Network { get; }

    public SimulatedScheduler Scheduler => Network.Scheduler;

    public SimulatedHost ProxyHost { get; }

    public SimulatedHost ServerHost { get; }

    public SimulatedHost ClientHost { get; }

    public Meter Meter { get; } = new(LinkerdTcpTelemetry.MeterName);

    public MeterRecorder Counters { get; }

    public LogRecorder Logs { get; } = new();

    public StaticResolver Resolver { get; } = new();

    /// <summary>What the destination has other than by default. Before the start.</summary>
    public Func<DestinationOptions, DestinationOptions> Configure { get; set; } = static options => options;

    /// <summary>What the balancer does. Before the start.</summary>
    public BalancerOptions Balancing { get; set; } = new();

    /// <summary>What carries the proxy's connections. Before the start.</summary>
    public Func<ITransport, ITransport> Carry { get; set; } = static transport => transport;

    /// <summary>Where the proxy and its router log. Before the start.</summary>
    public Func<LogRecorder, ILoggerFactory> LogTo { get; set; } = static logs => logs;

    /// <summary>What receives the records of sessions. Before the start.</summary>
    public ISessionObserver? Observer { get; set; }

    /// <summary>What the destinations of all names are made of, in place of one resolver for all. Before the start.</summary>
    public Func<DstPath, DestinationOptions>? OptionsFor { get; set; }

    public DestinationRegistry Router { get; private set; } = null!;

    public TcpProxy Proxy { get; private set; } = null!;

    /// <summary>The destination of <see cref="Name"/>.</summary>
    public Destination Destination => Router.Get(Name);

    /// <summary>Runs a test once for each seed, and says which one failed.</summary>
    public static async Task RunAsync(Func<SimulatedProxy, Task> test, int seeds = 1, ulong firstSeed = 0, long maxSteps = 5_000_000)
    {
        for (var seed = firstSeed; seed < firstSeed + (ulong)seeds; seed++)
        {
            var scheduler = new SimulatedScheduler { MaxSteps = maxSteps };
            await using var bed = new SimulatedProxy(scheduler, seed);
            try
            {
                scheduler.Run(() => test(bed));
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed}, at {scheduler.Elapsed}: {error.Message}", error);
            }
        }
    }

    /// <summary>Outside of the simulation, as the router's end waits for the thread pool, for which virtual time does not wait.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Router is { } router)
        {
            await router.DisposeAsync();
        }

        Counters.Dispose();
        Meter.Dispose();
    }

    public ListenerOptions NewListener() => new(ProxyHost.AnyPort, Name);

    /// <summary>A server; to be made known to the resolver.</summary>
    public async Task<SimulatedBackend> AddBackendAsync(Func<TransportConnection, Task>? serve = null)
    {
        var listener = await ServerHost.ListenAsync(new TransportListenOptions { EndPoint = ServerHost.AnyPort }, TestContext.Current.CancellationToken);
        var backend = new SimulatedBackend(listener.LocalEndPoint, Network.Endpoint(listener.LocalEndPoint), serve);
        listener.Start(backend);
        return backend;
    }

    /// <summary>Starts the proxy with one server, and waits until the name is resolved.</summary>
    public async Task<SimulatedBackend> StartAsync(ListenerOptions listener, int? destinationSessions = null)
    {
        var backend = await AddBackendAsync();
        Resolver.Update(EndpointSet.Create(backend.Address));
        await StartAsync(new TcpProxyOptions { Listeners = [listener] }, destinationSessions);
        await ResolvedAsync();
        return backend;
    }

    public async Task StartAsync(
        TcpProxyOptions options, int? destinationSessions = null, Func<DestinationOptions, DestinationOptions>? configure = null, BalancerOptions? balancing = null)
    {
        var own = (balancing ?? Balancing).With(own => (own.Random, own.TimeProvider) = (Random, Scheduler.TimeProvider));
        var destination = new DestinationOptions { Resolver = Resolver, Balancing = own, MaxSessions = destinationSessions };
        Router = new DestinationRegistry(
            OptionsFor ?? (_ => configure?.Invoke(Configure(destination)) ?? Configure(destination)),
            LogTo(Logs),
            Meter,
            Scheduler.TimeProvider,
            Random,
            ProxyHost);
        Proxy = new TcpProxy(options, Router, Carry(ProxyHost), LogTo(Logs), Meter, Scheduler.TimeProvider, Random, Observer);
        await Proxy.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Waits, in no virtual time, until the destination has applied so many good answers, and all that it tells of them was told.</summary>
    public Task ResolvedAsync(int updates = 1) => Scheduler.RunElsewhereAsync(() => Assert.True(SpinWait.SpinUntil(() => Destination.Updates >= updates, Patience)));

    public Task DelayAsync(double milliseconds) => Scheduler.Delay(TimeSpan.FromMilliseconds(milliseconds));

    public async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await DelayAsync(1);
        }
    }

    /// <summary>A client of an address of its own.</summary>
    public SimulatedHost ClientAt(string address)
    {
        var ip = IPAddress.Parse(address);
        var key = new IPEndPoint(ip, 0);
        if (!_clients.TryGetValue(key, out var client))
        {
            client = Network.AddHost(address, ip);
            _clients.Add(key, client);
        }

        return client;
    }

    public async Task<TransportConnection> ConnectAsync(SimulatedHost? from = null, int listener = 0)
    {
        var result = await (from ?? ClientHost).ConnectAsync(Proxy.LocalEndPoints[listener], new TransportConnectOptions(), TestContext.Current.CancellationToken);
        Assert.True(result.IsConnected);
        return result.Connection;
    }

    /// <summary>Connects, and waits until a server has the client's first byte.</summary>
    public async Task<TransportConnection> ConnectServedAsync(SimulatedBackend backend, SimulatedHost? from = null, int listener = 0)
    {
        var count = backend.Accepted.Count;
        var client = await ConnectAsync(from, listener);
        await client.SendTextAsync("x");
        await UntilAsync(() => backend.Accepted.Count > count);
        Assert.Equal("x", await backend.Accepted[count].ReadTextAsync(1));
        return client;
    }

    /// <summary>Connects, and expects a RST with nothing before it.</summary>
    public async Task ConnectRefusedAsync(SimulatedHost? from = null, int listener = 0)
    {
        var client = await ConnectAsync(from, listener);
        await ExpectResetAsync(client);
    }

    /// <summary>Ends a session from the client's side, and waits until the proxy is done with it.</summary>
    public async Task EndAsync(TransportConnection client)
    {
        var before = Proxy.ActiveSessions;
        client.Abort();
        await UntilAsync(() => Proxy.ActiveSessions < before);
    }

    public static async Task ExpectResetAsync(TransportConnection client)
    {
        var (data, end) = await client.ReadToEndAsync();
        Assert.Equal((0, TransportStatus.Reset), (data.Length, end));
    }

    /// <summary>How many sessions ended for a reason.</summary>
    public double Closed(string reason) => Counters.Count($"linkerd.tcp.sessions.closed{{reason={reason}}}");

    /// <summary>How many were refused by one limit.</summary>
    public double Refused(string cause) => Counters.Count($"linkerd.tcp.sessions.refused{{cause={cause}}}");
}
