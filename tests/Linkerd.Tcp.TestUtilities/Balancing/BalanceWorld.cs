using System.Diagnostics.Metrics;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.TestUtilities.Balancing;

/// <summary>A run of a case while it runs: the servers, for its script, and the real router, destination, balancer and dialer in front of them.</summary>
public sealed partial class BalanceWorld : IAsyncDisposable
{
    /// <summary>From a session's start to its connection, as by default.</summary>
    internal static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly SimulatedNetwork _network;
    private readonly StaticResolver _resolver;
    private readonly DestinationRegistry _router;
    private readonly Meter _meter = new("simulation");
    private readonly Stack<CancellationTokenSource> _sources = [];
    private readonly ServerEndpoint?[] _endpoints;
    private Exception? _fault;

    internal BalanceWorld(BalanceCase @case, BalanceLoad load, ulong seed, Func<BalancerOptions, ILoadBalancer> create)
    {
        (Case, Load) = (@case, load);

        // Each has its own sequence, so that what one draws changes nothing for the others.
        _network = new SimulatedNetwork(Scheduler, RandomSource.Seeded(seed))
        {
            DefaultLink = new SimulatedLinkOptions { Latency = TimeSpan.FromMicroseconds(500), Splits = false },
            KeepsLinks = false,
        };
        Arrivals = RandomSource.Seeded(seed + 1_000_000);
        Servers = [.. @case.Weights.Select((weight, index) => new BalanceServer(_network, index, weight, index < @case.IPv6))];
        Record = new BalanceRecord(@case, load, seed);
        _endpoints = new ServerEndpoint?[Servers.Count];
        _resolver = new StaticResolver(SetOf(Servers.Take(@case.InSet ?? Servers.Count)));
        var time = Scheduler.TimeProvider;
        var balancer = create(new BalancerOptions { TimeProvider = time, Random = RandomSource.Seeded(seed + 2_000_000) });
        var options = new DestinationOptions { Resolver = _resolver, BalancerFactory = () => balancer, MaxPendingSessions = @case.MaxWaiters };
        var random = RandomSource.Seeded(seed + 3_000_000);
        _router = new DestinationRegistry(_ => options, timeProvider: time, random: random);
        var transport = new AttemptCounter(_network.AddHost("proxy"), this);
        Policy = new ConnectOptions { ConnectTimeout = ConnectTimeout, AttemptTimeout = TimeSpan.FromSeconds(3) };
        Dialer = new Dialer(transport, new TcpOptions(), new ConnectInstruments(_meter));
        Random = random;
        Destination = null!;
    }

    public BalanceCase Case { get; }

    public BalanceLoad Load { get; }

    public IReadOnlyList<BalanceServer> Servers { get; }

    public BalanceRecord Record { get; }

    /// <summary>The virtual time since sessions began to arrive.</summary>
    public TimeSpan Now => Scheduler.Elapsed;

    internal SimulatedScheduler Scheduler { get; } = new() { MaxSteps = long.MaxValue / 2 };

    internal SeededRandom Arrivals { get; }

    internal Dialer Dialer { get; }

    internal ConnectOptions Policy { get; }

    internal SeededRandom Random { get; }

    internal Destination Destination { get; private set; }

    /// <summary>Waits until a moment.</summary>
    public Task UntilAsync(double seconds) => Scheduler.Delay(TimeSpan.FromSeconds(seconds) - Now);

    /// <summary>Waits for a time.</summary>
    public Task DelayAsync(double seconds) => Scheduler.Delay(TimeSpan.FromSeconds(seconds));

    /// <summary>The balancer's endpoint of a server; null where it is not in the set.</summary>
    public ServerEndpoint? EndpointOf(BalanceServer server) => _endpoints[server.Index];

    /// <summary>Discovery says that these servers, and no others, are there. Done when the balancer knows.</summary>
    public async Task UpdateAsync(IEnumerable<BalanceServer> servers)
    {
        var set = SetOf(servers);
        await ApplyAsync(() => _resolver.Update(set));
    }

    internal async Task StartAsync()
    {
        await ApplyAsync(() => Destination = _router.Get(DstPath.Parse("/svc/web")));
    }

    internal void Fail(Exception error) => _fault ??= error;

    /// <summary>Ends the watch of discovery.</summary>
    public async ValueTask DisposeAsync()
    {
        await _router.DisposeAsync();
        _meter.Dispose();
    }

    internal void ThrowIfFaulted()
    {
        if (_fault is not null)
        {
            throw new InvalidOperationException($"A session of {Case} ended in an exception.", _fault);
        }
    }

    internal CancellationTokenSource TakeSource() => _sources.TryPop(out var source) ? source : new CancellationTokenSource();

    internal void ReturnSource(CancellationTokenSource source)
    {
        if (source.TryReset())
        {
            _sources.Push(source);
        }
    }

    private EndpointSet SetOf(IEnumerable<BalanceServer> servers)
    {
        var metadata = Case.Host is null ? null : new EndpointMetadata(Case.Host);
        return EndpointSet.Create(servers.Select(server => new WeightedAddress(server.Address, server.Weight, metadata)));
    }

    // Resolutions come on the thread pool. Virtual time stands still until this one has come all the way, so that a run goes the same way each time.
    private async Task ApplyAsync(Action update)
    {
        await Scheduler.RunElsewhereAsync(() =>
        {
            // A change is told twice: by the balancer, and by the destination when it is done.
            var before = Destination?.Version ?? 0;
            update();
            if (!SpinWait.SpinUntil(() => Destination!.Version >= before + 2, TimeSpan.FromSeconds(30)))
            {
                throw new TimeoutException("A resolution did not come to its destination.");
            }
        });
        Array.Clear(_endpoints);
        foreach (var endpoint in Destination.Balancer.Endpoints)
        {
            _endpoints[((ServerAddress)endpoint.Address).Index] = endpoint;
        }
    }
}
