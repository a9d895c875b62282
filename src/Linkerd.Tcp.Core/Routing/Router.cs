using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp;

/// <summary>Names to destinations: each name is resolved once, whoever asks for it. Any thread.</summary>
public sealed partial class Router : IAsyncDisposable
{
    private static readonly TimeSpan ResolverPatience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<DstPath, Lazy<Destination>> _destinations = new();
    private readonly Func<DstPath, DestinationOptions> _optionsFor;
    private readonly TimeProvider _timeProvider;
    private readonly IRandomSource _random;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lazy<Dialer> _checks;
    private readonly DirectDialing _direct;

    /// <summary>Makes a router whose names all go to one resolver, balanced by weighted power of two choices.</summary>
    public Router(IResolver resolver, ILoggerFactory? loggerFactory = null)
        : this(_ => new DestinationOptions { Resolver = resolver }, loggerFactory)
    {
        ArgumentNullException.ThrowIfNull(resolver);
    }

    /// <summary>Makes a router.</summary>
    /// <param name="optionsFor">Gets the options of a name's destination, which are copied; called once for each name. Several names may have the same options.</param>
    /// <param name="loggerFactory">Where to log; default: nowhere.</param>
    /// <param name="meter">Where the instruments of destinations are made; default: nowhere.</param>
    /// <param name="timeProvider">The clock; default: the system's.</param>
    /// <param name="random">Where jitter comes from.</param>
    /// <param name="transport">
    /// What carries the checks of <see cref="DestinationOptions.Check"/> and the connections of <see cref="Destination.ConnectAsync"/>, and is not disposed with the router; default:
    /// sockets, which is right for all but a network of one's own. The connections of <see cref="Destination.ConnectAsync"/> are sockets also if this is an
    /// <see cref="EpollTransport"/>, on whose loops no code of a caller may run.
    /// </param>
    public Router(
        Func<DstPath, DestinationOptions> optionsFor,
        ILoggerFactory? loggerFactory = null,
        Meter? meter = null,
        TimeProvider? timeProvider = null,
        IRandomSource? random = null,
        ITransport? transport = null)
    {
        ArgumentNullException.ThrowIfNull(optionsFor);
        _optionsFor = optionsFor;
        _timeProvider = timeProvider ?? TimeProvider.System;
        _random = random ?? RandomSource.Shared;
        _direct = new DirectDialing(transport is EpollTransport ? null : transport, meter, _timeProvider, loggerFactory);
        _checks = new(() => new Dialer(transport ?? _direct.Sockets, TcpOptions.Defaults));
        _logger = GuardedLogger.Create(loggerFactory ?? NullLoggerFactory.Instance, "Linkerd.Tcp.Routing");
        if (meter is not null)
        {
            DestinationInstruments.Create(meter, this);
        }
    }

    /// <summary>The destinations so far.</summary>
    public IEnumerable<Destination> Destinations
    {
        get
        {
            foreach (var (_, destination) in _destinations)
            {
                if (destination.IsValueCreated)
                {
                    yield return destination.Value;
                }
            }
        }
    }

    /// <summary>The destination of a name. The first call starts its watch.</summary>
    /// <exception cref="ObjectDisposedException">The router was disposed.</exception>
    /// <exception cref="InvalidOptionsException">An option of the destination is not valid.</exception>
    /// <exception cref="InvalidOperationException">There are no options for the name, or its load balancer already serves another name.</exception>
    public Destination Get(DstPath name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        return _destinations.GetOrAdd(name, static (name, router) => new(() => router.Create(name, null, TcpOptions.Defaults)), this).Value;
    }

    /// <summary>Gets the destination of a name for a proxy, whose options hold before the first check.</summary>
    internal Destination Get(DstPath name, ConnectPolicy connect, TcpOptions tcp)
    {
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        var destination = _destinations.GetOrAdd(name, static (name, of) => new(() => of.Router.Create(name, of.Connect, of.Tcp)), (Router: this, Connect: connect, Tcp: tcp)).Value;
        destination.ServeWith(connect, tcp);
        return destination;
    }

    /// <summary>
    /// Ends every watch. Connections to endpoints live on. A resolver that has not ended its watch 5 s after its token was cancelled, in the time of the router's clock, is
    /// left behind, with a warning that names it (3020).
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        try
        {
            await _stopping.CancelAsync().ConfigureAwait(false);
        }
        catch (AggregateException error)
        {
            // What a resolver has registered on its token; the others were called all the same.
            Log.CallbackThrew(_logger, error);
        }

        // All at once: the patience with one is not that with a thousand.
        await Task.WhenAll(Destinations.Select(static destination => destination.StopAsync(ResolverPatience))).ConfigureAwait(false);

        _destinations.Clear();
        _stopping.Dispose();
    }

    /// <summary>What connects for callers of <see cref="Destination.ConnectAsync"/>.</summary>
    internal DirectDialing Direct => _direct;

    private Destination Create(DstPath name, ConnectPolicy? connect, TcpOptions tcp)
    {
        var options = _optionsFor(name) ?? throw new InvalidOperationException($"The function that gives the options of destinations gave null for {name}; {nameof(DestinationOptions)} were expected.");
        var destination = new Destination(name, options, options.Check is null ? null : _checks.Value, _direct, _timeProvider, _random, _logger, _stopping.Token);
        if (connect is not null)
        {
            destination.ServeWith(connect, tcp);
        }

        destination.Start();
        return destination;
    }

    private static partial class Log
    {
        [LoggerMessage(3022, LogLevel.Error, "a callback that a resolver has registered on its token threw", EventName = "ResolverCallbackThrew")]
        public static partial void CallbackThrew(ILogger logger, Exception error);
    }
}
