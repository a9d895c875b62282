using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli;

/// <summary>The one place where the parts of the proxy are put together. Disposing it takes them apart.</summary>
internal sealed class Composition : IAsyncDisposable
{
    private static readonly ActiveCheckOptions DefaultCheck = new();

    private readonly ITransport _transport;
    private readonly Router _router;
    private readonly NamingComposition _naming;

    /// <summary>Puts a proxy together; nothing is opened yet.</summary>
    /// <exception cref="TransportException">The transport that was asked for cannot be had.</exception>
    public Composition(ProxySettings settings, ILoggerFactory loggerFactory, Meter meter, TimeProvider timeProvider)
    {
        _transport = Transports.Create(new TransportOptions
        {
            Engine = settings.Transport,
            Loops = settings.Loops,
            TimeProvider = timeProvider,
            LoggerFactory = loggerFactory,
            Meter = meter,
        });
        _naming = NamingComposition.Create(settings.Naming, loggerFactory, timeProvider);
        var resolver = Remembering(_naming.Resolver, settings, loggerFactory, timeProvider);
        _router = new Router(_ => DestinationOf(settings, resolver, timeProvider), loggerFactory, meter, timeProvider, transport: _transport);
        Proxy = new TcpProxy(Options(settings, _naming.Name), _router, _transport, loggerFactory, meter, timeProvider);
    }

    /// <summary>The proxy, not started yet.</summary>
    public TcpProxy Proxy { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync().ConfigureAwait(false);
        await _transport.DisposeAsync().ConfigureAwait(false);
        await _router.DisposeAsync().ConfigureAwait(false);
        await _naming.DisposeAsync().ConfigureAwait(false);
    }

    private static IResolver Remembering(IResolver resolver, ProxySettings settings, ILoggerFactory loggerFactory, TimeProvider timeProvider) =>
        settings.StateDirectory is not { } directory ? resolver : new CachingResolver(resolver, new CachingResolverOptions
        {
            Directory = directory,
            Scope = settings.Naming.Scope,
            TimeProvider = timeProvider,
            Logger = loggerFactory.CreateLogger("Linkerd.Tcp.Cache"),
        });

    private static DestinationOptions DestinationOf(ProxySettings settings, IResolver resolver, TimeProvider timeProvider) => new()
    {
        Resolver = resolver,
        Balancer = settings.Balancer,
        Balancing = new BalancerOptions
        {
            Breaker = settings.FailFast,
            SlowStart = new SlowStartOptions { Window = settings.SlowStart == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : settings.SlowStart },
            HashBalanceFactor = settings.HashBalance.Factor,
            HashBalanceFloor = settings.HashBalance.Floor,
            MaxConnections = settings.MaxConnectionsPerEndpoint,
            TimeProvider = timeProvider,
        },
        OnNegative = settings.Naming.IsLocal ? NegativePolicy.Clear : NegativePolicy.Keep,
        MaxWaiters = settings.MaxWaiters,
        SendProxy = settings.SendProxy is { } version ? new SendProxyOptions { Version = version } : null,
        Warm = new WarmOptions { Connections = settings.MinConnections },
        Check = settings.ActiveCheck == Timeout.InfiniteTimeSpan
            ? null
            : new ActiveCheckOptions
            {
                Interval = settings.ActiveCheck,

                // A check that took longer than the interval would put off the next one, and so the verdict.
                Timeout = settings.ActiveCheck < DefaultCheck.Timeout ? settings.ActiveCheck : DefaultCheck.Timeout,
                Send = settings.CheckSend,
                Expect = settings.CheckExpect,
            },
    };

    private static TcpProxyOptions Options(ProxySettings settings, DstPath name) => new()
    {
        Listeners = [.. settings.Listen.Select(address => new ProxyListener(address, name)
        {
            Backlog = settings.Backlog ?? int.MaxValue,
            AcceptProxy = settings.AcceptProxy is { } trusted ? new AcceptProxyOptions { Trusted = trusted } : null,
            AllowClients = settings.AllowClient,
            DenyClients = settings.DenyClient,
        })],
        MaxSessions = settings.MaxSessions,
        Connect = new ConnectPolicy
        {
            ConnectTimeout = settings.ConnectTimeout,
            AttemptTimeout = settings.AttemptTimeout,
            MaxAttempts = 1 + settings.Retries,
        },
        Duplex = new DuplexOptions
        {
            IdleTimeout = settings.IdleTimeout,
            HalfCloseTimeout = settings.HalfCloseTimeout,
            Lifetime = settings.Lifetime,
        },
        Tcp = new TcpOptions
        {
            WindowSize = settings.WindowSizeKb * 1024,
            UserTimeout = settings.TcpUserTimeout == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : settings.TcpUserTimeout,
        },
    };
}
