using System.Net;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>
/// A proxy in the simulation whose options change at random, with clients that come all the time. Every session could be served by whatever options there are meanwhile, so that each must be. What
/// changes is a list, to which every kind of option that can change is an addition.
/// </summary>
internal sealed class ReconfiguredProxy
{
    private const int Clients = 12;
    private const int MostListeners = 6;
    private static readonly DstPath[] Names = [.. Enumerable.Range(0, 3).Select(i => DstPath.Parse($"/svc/n{i}"))];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SimulatedProxy _bed;
    private readonly List<SimulatedBackend> _backends = [];
    private readonly WatchedResolver[] _resolvers = [.. Names.Select(static _ => new WatchedResolver())];
    private readonly List<WatchedResolver> _replaced = [];
    private readonly List<ServerEndpoint> _staying = [];
    private readonly List<long> _picks = [];
    private readonly List<WeakReference> _routes = [];
    private readonly Dictionary<string, int> _counts = [];
    private ITransportListener? _occupied;
    private int _timers;
    private bool _isOver;

    public ReconfiguredProxy(SimulatedProxy bed)
    {
        _bed = bed;
        Changes =
        [
            ("listener added", AddAsync),
            ("listener removed", RemoveAsync),
            ("listener moved", MoveAsync),
            ("listener changed", ChangeAsync),
            ("options of all", ApplyAsync),
            ("everything", ReplaceAsync),
            ("limit lowered", SqueezeAsync),
            ("bind failure", FailAsync),
            ("endpoints", UpdateAsync),
            ("resolver failed", FailResolvingAsync),
            ("resolver replaced", ReplaceResolverAsync),
            ("one destination", ConfigureOneAsync),
            ("all destinations", ConfigureAllAsync),
        ];
    }

    /// <summary>Gets the kinds of changes.</summary>
    public List<(string Name, Func<Task> Make)> Changes { get; }

    /// <summary>Gets the sessions that were served.</summary>
    public int Served { get; private set; }

    /// <summary>Gets the clients that found nobody listening, as their listener went before they had connected.</summary>
    public int Missed { get; private set; }

    private TcpProxy Proxy => _bed.Proxy;

    /// <summary>Runs clients and so many changes, and checks that nothing is lost, and nothing left.</summary>
    /// <returns>How many changes of each kind there were.</returns>
    public async Task<IReadOnlyDictionary<string, int>> RunAsync(int changes)
    {
        await StartAsync();
        var clients = Enumerable.Range(0, Clients).Select(_ => ComeAsync()).ToArray();
        for (var i = 0; i < changes; i++)
        {
            await _bed.DelayAsync(Draw(20));
            var (name, make) = Changes[Draw(Changes.Count)];
            await make();
            _counts[name] = _counts.GetValueOrDefault(name) + 1;
            CheckStaying(name);
            if (clients.FirstOrDefault(client => client.IsFaulted) is { } failed)
            {
                throw new InvalidOperationException($"After change {i}, \"{name}\": {failed.Exception!.InnerException!.Message}", failed.Exception.InnerException);
            }
        }

        _isOver = true;
        await Task.WhenAll(clients);
        await CheckEndAsync();
        return _counts;
    }

    private async Task StartAsync()
    {
        _bed.LogTo = static _ => NullLoggerFactory.Instance;
        _bed.Network.KeepsLinks = false;

        // Whole segments: it is options that change here.
        _bed.Network.DefaultLink = new SimulatedLinkOptions { Splits = false };
        for (var i = 0; i < 6; i++)
        {
            _backends.Add(await _bed.AddBackendAsync(EchoAsync));
        }

        _occupied = await _bed.ProxyHost.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(_bed.ProxyHost.Address, 1) }, CancellationToken.None);
        _bed.OptionsFor = name => NewDestination(Array.IndexOf(Names, name));
        for (var i = 0; i < Names.Length; i++)
        {
            _resolvers[i].Inner.Update(SetFor(i));
        }

        await _bed.StartAsync(new TcpProxyOptions { Listeners = [.. Names.Select(name => new ListenerOptions(_bed.ProxyHost.AnyPort, name))] });
        for (var i = 0; i < Names.Length; i++)
        {
            var destination = _bed.Router.Get(Names[i]);
            await ElsewhereAsync(() => destination.Updates > 0);
            _staying.Add(destination.Balancer.Endpoints.Single(endpoint => endpoint.Address.Equals(_backends[i].Address)));
            _picks.Add(0);
        }

        _timers = _bed.Scheduler.Timers;
    }

    private async Task EchoAsync(TransportConnection connection)
    {
        while (await connection.TakeAsync() is { Data.Length: > 0 } received)
        {
            await connection.TrySendAsync(received.Data);
        }

        connection.ShutdownSend();
        await connection.DisposeAsync();
    }

    /// <summary>One session after the other.</summary>
    private async Task ComeAsync()
    {
        while (!_isOver)
        {
            await _bed.DelayAsync(Draw(80));
            var addresses = Proxy.LocalEndPoints;
            var address = addresses[Draw(addresses.Count)];
            var result = await _bed.ClientHost.ConnectAsync(address, new TransportConnectOptions(), CancellationToken.None);
            if (!result.IsConnected)
            {
                Assert.Equal(ConnectFailure.Refused, result.Failure);
                Missed++;
                continue;
            }

            // Some last for hundreds of changes.
            var rounds = Draw(20) == 0 ? 200 : Draw(8);
            for (var i = 0; i <= rounds && !(_isOver && rounds > 8); i++)
            {
                var sent = ConnectionExtensions.Pattern(1 + Draw(2_000), salt: Served + i);
                Assert.Equal(TransportStatus.Ok, await result.Connection.TrySendAsync(sent));
                ConnectionExtensions.AssertSame(sent, await result.Connection.ReadAsync(sent.Length));
                await _bed.DelayAsync(Draw(60));
            }

            result.Connection.ShutdownSend();
            var (data, end) = await result.Connection.ReadToEndAsync();
            Assert.Equal((0, TransportStatus.Ok), (data.Length, end));
            await result.Connection.DisposeAsync();
            Served++;
        }
    }

    private Task AddAsync() => Proxy.LocalEndPoints.Count < MostListeners ? Proxy.AddListenerAsync(NewListener(FreeAddress())) : RemoveAsync();

    private Task RemoveAsync() => Proxy.LocalEndPoints.Count > 1 ? Proxy.RemoveListenerAsync(AnyAddress()) : AddAsync();

    private async Task MoveAsync() => Assert.True(await Proxy.ChangeListenerAsync(AnyAddress(), NewListener(FreeAddress())));

    private async Task ChangeAsync()
    {
        var address = AnyAddress();
        Assert.True(await Proxy.ChangeListenerAsync(address, NewListener(address)));
    }

    private Task ApplyAsync() => Proxy.ApplyAsync(NewOptions(Proxy.Options.Listeners));

    private Task ReplaceAsync()
    {
        var kept = Proxy.LocalEndPoints.Where(_ => Draw(2) == 0).Select(NewListener).ToArray();
        return Proxy.ApplyAsync(NewOptions([NewListener(FreeAddress()), .. kept]));
    }

    /// <summary>A limit below the sessions that there are holds back who comes, and ends nobody.</summary>
    private async Task SqueezeAsync()
    {
        var before = Proxy.Options;
        await Proxy.ApplyAsync(before.With(own => own.MaxSessions = 1 + Draw(4)));
        await _bed.DelayAsync(Draw(100));
        await Proxy.ApplyAsync(before);
    }

    private async Task FailAsync()
    {
        var (addresses, most, routes) = (Proxy.LocalEndPoints, Proxy.MaxSessions, _bed.Router.Destinations.Count());
        var listeners = addresses.Skip(1).Select(NewListener).Prepend(NewListener(FreeAddress())).Append(NewListener(_occupied!.LocalEndPoint));
        await Assert.ThrowsAsync<TransportException>(() => Proxy.ApplyAsync(NewOptions([.. listeners])));
        Assert.Equal(addresses, Proxy.LocalEndPoints);
        Assert.Equal((most, routes), (Proxy.MaxSessions, _bed.Router.Destinations.Count()));
    }

    private async Task UpdateAsync()
    {
        var i = Draw(Names.Length);
        var destination = _bed.Router.Get(Names[i]);
        var before = destination.Updates;
        _resolvers[i].Inner.Update(SetFor(i));
        await ElsewhereAsync(() => destination.Updates > before);
    }

    /// <summary>The last good set is kept.</summary>
    private Task FailResolvingAsync()
    {
        _resolvers[Draw(Names.Length)].Inner.Update(Draw(2) == 0 ? new Resolution.Failed("no control plane") : Resolution.Pending.Instance);
        return Task.CompletedTask;
    }

    /// <summary>The watch begins again, and what is in force stays until there is an answer.</summary>
    private async Task ReplaceResolverAsync()
    {
        var i = Draw(Names.Length);
        var destination = _bed.Router.Get(Names[i]);
        var before = destination.Updates;
        _replaced.Add(_resolvers[i]);
        _resolvers[i] = new WatchedResolver();
        _resolvers[i].Inner.Update(Resolution.Pending.Instance);
        destination.Configure(NewDestination(i));
        await _bed.DelayAsync(Draw(50));
        _resolvers[i].Inner.Update(SetFor(i));
        await ElsewhereAsync(() => destination.Updates > before);
    }

    private Task ConfigureOneAsync()
    {
        var i = Draw(Names.Length);
        _bed.Router.Get(Names[i]).Configure(NewDestination(i));
        return Task.CompletedTask;
    }

    private Task ConfigureAllAsync()
    {
        if (Draw(4) == 0)
        {
            Assert.Throws<InvalidOptionsException>(() => _bed.Router.Configure(name => NewDestination(Array.IndexOf(Names, name)).With(own => own.MaxPendingSessions = name == Names[1] ? -1 : 0)));
            return Task.CompletedTask;
        }

        _bed.Router.Configure(name => NewDestination(Array.IndexOf(Names, name)));
        return Task.CompletedTask;
    }

    /// <summary>As of listeners: every limit has room for all clients.</summary>
    private DestinationOptions NewDestination(int name) => new()
    {
        Resolver = _resolvers[name],
        Balancer = (BalancerKind)Draw(6),
        Balancing = new()
        {
            Random = _bed.Random,
            TimeProvider = _bed.Scheduler.TimeProvider,
            MaxConnections = Draw(2) == 0 ? null : Clients + Draw(10),
            MaxPending = Draw(2) == 0 ? null : Clients + Draw(10),
            SuspectAfter = TimeSpan.FromMilliseconds(10 + Draw(1_000)),
            SlowStart = new() { Window = TimeSpan.FromSeconds(Draw(20)) },
            Breaker = new() { Failures = 1 + Draw(5) },
        },
        ClearOnNegative = Draw(2) == 1,
        MaxSessions = Draw(2) == 0 ? null : Clients + Draw(10),
        Connect = Draw(2) == 0 ? null : new() { ConnectTimeout = TimeSpan.FromSeconds(2 + Draw(10)), AttemptTimeout = TimeSpan.FromSeconds(1 + Draw(3)) },
        RetryBudget = new() { PerSession = Draw(3), PerSecond = Draw(10) },
        MaxPendingSessions = Clients + Draw(10),
        WaitForEndpoints = Draw(2) == 0,
        DrainTimeout = Draw(2) == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromHours(1 + Draw(10)),
    };

    /// <summary>An address that may be taken: of a fixed port, or of any.</summary>
    private IPEndPoint FreeAddress()
    {
        var address = new IPEndPoint(_bed.ProxyHost.Address, 7000 + Draw(8));
        return Draw(2) == 0 || Proxy.LocalEndPoints.Contains(address) ? _bed.ProxyHost.AnyPort : address;
    }

    private EndPoint AnyAddress() => Proxy.LocalEndPoints is var addresses ? addresses[Draw(addresses.Count)] : null!;

    // Every limit has room for all clients, so that whatever holds meanwhile serves them.
    private ListenerOptions NewListener(EndPoint address)
    {
        var listener = new ListenerOptions(address, Names[Draw(Names.Length)])
        {
            Backlog = Clients * (1 + Draw(10)),
            MaxSessions = Draw(2) == 0 ? null : Clients + Draw(100),
            AcceptRate = Draw(2) == 0 ? null : 1_000_000 + Draw(100),
            MaxSessionsPerClient = Draw(2) == 0 ? null : Clients + Draw(100),
            PreludeTimeout = TimeSpan.FromSeconds(1 + Draw(9)),
        };
        return Draw(2) == 0 ? listener : Routed(listener);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ListenerOptions Routed(ListenerOptions listener)
    {
        var name = listener.Destination;
        Func<SessionContext, DstPath?> route = _ => name;
        _routes.Add(new WeakReference(route));
        return listener.With(own => (own.Destination, own.Route) = (null, route));
    }

    private TcpProxyOptions NewOptions(IReadOnlyList<ListenerOptions> listeners) => new()
    {
        Listeners = listeners,
        MaxSessions = Draw(2) == 0 ? null : Clients + Draw(100),
        AbortOnClose = Draw(2) == 0,
        Connect = new() { ConnectTimeout = TimeSpan.FromSeconds(2 + Draw(10)), AttemptTimeout = TimeSpan.FromSeconds(1 + Draw(3)), MaxAttempts = 1 + Draw(4) },
        Duplex = new() { IdleTimeout = TimeSpan.FromSeconds(2 + Draw(60)), HalfCloseTimeout = TimeSpan.FromSeconds(2 + Draw(60)), FirstByteTimeout = TimeSpan.FromSeconds(2 + Draw(60)) },
        Tcp = new() { NoDelay = Draw(2) == 0, WindowSize = 100 + Draw(100_000), KeepAliveTime = TimeSpan.FromSeconds(Draw(30)), UserTimeout = TimeSpan.FromSeconds(Draw(30)) },
    };

    /// <summary>One endpoint of each name stays; others come and go.</summary>
    private EndpointSet SetFor(int name) => EndpointSet.Create(
        [.. _backends.Where((_, i) => i == name || Draw(2) == 0).Select(backend => new WeightedAddress(backend.Address, 1 + Draw(3)))]);

    private void CheckStaying(string change)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            // The very same, which goes on counting.
            var endpoint = _bed.Router.Get(Names[i]).Balancer.Endpoints.Single(endpoint => endpoint.Address.Equals(_backends[i].Address));
            Assert.True(_staying[i] == endpoint, $"After \"{change}\" an endpoint of {Names[i]} that stays is another.");
            Assert.True(endpoint.Picks >= _picks[i]);
            _picks[i] = endpoint.Picks;
        }
    }

    private async Task CheckEndAsync()
    {
        await _bed.UntilAsync(() => Proxy.ActiveSessions == 0);
        Assert.Equal(Served, _bed.Counters.Count("linkerd.tcp.sessions.accepted"));
        Assert.Equal((Served, 0), (_bed.Closed("--"), (int)_bed.Counters.CountAll("linkerd.tcp.sessions.refused")));
        Assert.Equal(0, _bed.ProxyHost.Descriptors);
        Assert.All(_bed.Router.Destinations.SelectMany(destination => destination.Balancer.Endpoints), endpoint => Assert.Equal((0, 0), (endpoint.Load, endpoint.Open)));
        await ElsewhereAsync(() => _resolvers.All(static resolver => resolver.Watches == 1) && _replaced.TrueForAll(static resolver => resolver.Watches == 0));
        Assert.All(_picks, picks => Assert.True(picks > 0));

        // Every place came back: one at a time is served.
        var addresses = Proxy.LocalEndPoints;
        await Proxy.ApplyAsync(new TcpProxyOptions
        {
            Listeners = [.. addresses.Select(address => new ListenerOptions(address, Names[0]) { MaxSessions = 1, MaxSessionsPerClient = 1 })],
            MaxSessions = 1,
        });
        for (var i = 0; i < addresses.Count; i++)
        {
            var client = await _bed.ConnectAsync(listener: i);
            await client.SendTextAsync("x");
            Assert.Equal("x", await client.ReadTextAsync(1));
            await _bed.EndAsync(client);
            await client.DisposeAsync();
        }

        await _bed.DelayAsync(200_000);
        Assert.True(_bed.Scheduler.Timers <= _timers, $"{_bed.Scheduler.Timers} timers, {_timers} before");
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        var alive = _routes.Count(static route => route.IsAlive);
        Assert.True(alive <= MostListeners, $"{alive} of {_routes.Count} routes that were replaced are still held");
        await _occupied!.DisposeAsync();
    }

    private Task ElsewhereAsync(Func<bool> condition) => _bed.Scheduler.RunElsewhereAsync(() => Assert.True(SpinWait.SpinUntil(condition, Patience)));

    private int Draw(int bound) => (int)(_bed.Random.NextUInt64() % (ulong)bound);

    /// <summary>A resolver that knows how many watch it.</summary>
    private sealed class WatchedResolver : IResolver
    {
        private int _watches;

        public StaticResolver Inner { get; } = new();

        public int Watches => Volatile.Read(ref _watches);

        public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _watches);
            try
            {
                await foreach (var resolution in Inner.WatchAsync(name, cancellationToken))
                {
                    yield return resolution;
                }
            }
            finally
            {
                Interlocked.Decrement(ref _watches);
            }
        }
    }
}
