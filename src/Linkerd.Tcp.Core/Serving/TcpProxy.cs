using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp;

/// <summary>
/// A layer-4 proxy: listeners, the sessions that come from them, their limits, and the drain at the end.
/// The router, and a transport that was given, are not disposed with it. Any thread.
/// </summary>
public sealed partial class TcpProxy : IAsyncDisposable
{
    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(5);

    private readonly TcpProxyOptions _options;
    private readonly ITransport _transport;
    private readonly bool _ownsTransport;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly ConnectionLimit _limit;
    private readonly List<ITransportListener> _listeners = [];
    private readonly SessionServices _services;
    private bool _started;

    /// <summary>Makes a proxy; <see cref="StartAsync"/> starts it.</summary>
    /// <param name="options">What to serve; copied.</param>
    /// <param name="router">Where sessions go.</param>
    /// <param name="transport">What carries them; default: one of its own, of <see cref="Transports.Create"/>, which is disposed with it.</param>
    /// <param name="loggerFactory">Where to log; default: nowhere.</param>
    /// <param name="meter">Where instruments are made; default: a meter of its own, named <see cref="LinkerdTcpTelemetry.MeterName"/>.</param>
    /// <param name="timeProvider">The clock; default: the system's.</param>
    /// <param name="random">Where jitter comes from.</param>
    /// <param name="observer">What receives a record of each session at its end; default: nothing, and no records are made.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public TcpProxy(
        TcpProxyOptions options,
        Router router,
        ITransport? transport = null,
        ILoggerFactory? loggerFactory = null,
        Meter? meter = null,
        TimeProvider? timeProvider = null,
        IRandomSource? random = null,
        ISessionObserver? observer = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(router);
        _options = options = OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));
        _timeProvider = timeProvider ?? TimeProvider.System;
        loggerFactory ??= NullLoggerFactory.Instance;
        meter ??= new Meter(LinkerdTcpTelemetry.MeterName);
        _ownsTransport = transport is null;
        _transport = transport ?? Transports.Create(new TransportOptions { TimeProvider = timeProvider, LoggerFactory = loggerFactory, Meter = meter });
        _logger = GuardedLogger.Create(loggerFactory, "Linkerd.Tcp.Serving");
        _limit = new ConnectionLimit(options.MaxSessions ?? DescriptorLimit.DefaultMaxSessions);
        var sessions = new SessionList();
        var instruments = new SessionInstruments(meter, () => sessions.Count, sessions.CountBytes, () => sessions.Finished);
        random ??= RandomSource.Shared;
        var dialer = new Dialer(_transport, options.Tcp, new ConnectInstruments(meter));
        var leaving = new LeavingSessions(sessions, _logger, _timeProvider, random);
        _services = new SessionServices(router, dialer, options.Connect, options.Tcp, sessions, leaving, random, _timeProvider)
        {
            AbortOnClose = options.AbortOnClose,
            Duplex = new DuplexProxy(options.Duplex, random, _timeProvider, options.Tcp),
            Instruments = instruments,
            Observer = observer,
            ProxyLogger = _logger,
            Logger = GuardedLogger.Create(loggerFactory, "Linkerd.Tcp.Session"),
        };
    }

    /// <summary>The addresses it listens on, in the order of <see cref="TcpProxyOptions.Listeners"/>, with the ports that port 0 became. Empty before <see cref="StartAsync"/>.</summary>
    public IReadOnlyList<EndPoint> LocalEndPoints => [.. _listeners.Select(static listener => listener.LocalEndPoint)];

    /// <summary>The sessions that are open now.</summary>
    public int ActiveSessions => _services.Sessions.Count;

    /// <summary>The most sessions at once, over all listeners.</summary>
    public int MaxSessions => _limit.Maximum;

    /// <summary>Binds every listener, starts to resolve their names, then starts accepting.</summary>
    /// <exception cref="TransportException">An address could not be bound; nothing is accepted then.</exception>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    /// <exception cref="ObjectDisposedException">The router was disposed; nothing is bound then.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_started)
        {
            throw new InvalidOperationException("The proxy was started before.");
        }

        _started = true;
        var limits = new List<ConnectionLimit>();
        try
        {
            foreach (var listener in _options.Listeners)
            {
                var limit = listener.MaxSessions is { } most ? new ConnectionLimit(most, _limit) : _limit;
                var listen = new ListenOptions
                {
                    EndPoint = listener.EndPoint,
                    Backlog = listener.Backlog,
                    IPv6Only = _options.Listeners.Any(other => IsIPv4OfSamePort(other.EndPoint, listener.EndPoint)),
                    Tcp = _options.Tcp,
                    Limit = limit,
                };
                limits.Add(limit);
                _listeners.Add(await _transport.ListenAsync(listen, cancellationToken).ConfigureAwait(false));
            }

            StartAccepting(limits);
        }
        catch
        {
            await StopListeningAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Stops accepting, once the clients that have connected already are sessions (<see cref="ITransportListener"/>), lets sessions finish for the grace period, then aborts those that are left. <see cref="LocalEndPoints"/> is empty afterwards.
    /// </summary>
    /// <param name="grace">How long sessions may take to finish; <see cref="Timeout.InfiniteTimeSpan"/>: as long as they like.</param>
    /// <param name="abort">Aborts what is left at once.</param>
    /// <returns>How many sessions were aborted.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The grace period is negative and not <see cref="Timeout.InfiniteTimeSpan"/>, or more than 49 days. Nothing is stopped then.</exception>
    public async Task<int> DrainAsync(TimeSpan grace, CancellationToken abort)
    {
        if (grace != Timeout.InfiniteTimeSpan && (grace < TimeSpan.Zero || grace > OptionsValidator.LongestTimer))
        {
            throw new ArgumentOutOfRangeException(nameof(grace), grace, "Zero to 49 days, or Timeout.InfiniteTimeSpan, was expected.");
        }

        await StopListeningAsync().ConfigureAwait(false);
        var empty = _services.Sessions.WaitEmptyAsync();
        if (!empty.IsCompleted)
        {
            Log.Draining(_logger, _services.Sessions.Count, grace.TotalSeconds);
        }

        try
        {
            await empty.WaitAsync(grace, _timeProvider, abort).ConfigureAwait(false);
            return 0;
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            return await AbortSessionsAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Stops accepting and aborts every session.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopListeningAsync().ConfigureAwait(false);
        await AbortSessionsAsync().ConfigureAwait(false);
        _services.Leaving.Dispose();
        if (_ownsTransport)
        {
            await _transport.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void StartAccepting(List<ConnectionLimit> limits)
    {
        for (var i = 0; i < _listeners.Count; i++)
        {
            var options = _options.Listeners[i];
            var destination = options.Destination is { } name ? _services.Destinations.Get(name) : null;
            if (destination is not null)
            {
                Log.Listening(_logger, _listeners[i].LocalEndPoint, destination.Name, destination.Resolver, limits[i].Maximum);
            }
            else
            {
                Log.ListeningForRoutes(_logger, _listeners[i].LocalEndPoint, limits[i].Maximum);
            }

            var access = ClientAccess.Create(options.AllowClients, options.DenyClients, options.AcceptProxy);
            _listeners[i].Start(new SessionAcceptor(_services, _listeners[i].LocalEndPoint, limits[i])
            {
                Destination = destination,
                Route = options.Route,
                Access = access,
                Rate = options.AcceptRate is { } rate ? new TokenBucket(rate, options.AcceptBurst ?? Math.Ceiling(rate), _timeProvider) : null,
                Clients = options.MaxSessionsPerClient is { } most ? new ClientCounts(most) : null,
                Preludes = options.AcceptProxy is null ? options.Preludes : [new ProxyHeaderPrelude(access!, options.MaxPreludeBytes), .. options.Preludes],
                PreludeTimeout = options.PreludeTimeout,
                MaxPreludeBytes = options.MaxPreludeBytes,
            });
        }
    }

    private static bool IsIPv4OfSamePort(EndPoint candidate, EndPoint endPoint) =>
        candidate is IPEndPoint { Port: > 0 } ip && ip.Address.Equals(IPAddress.Any) && endPoint is IPEndPoint other && other.Port == ip.Port;

    private async Task<int> AbortSessionsAsync()
    {
        var aborted = _services.Sessions.EndAll(ClosedBy.Operator);
        if (aborted > 0)
        {
            Log.Aborted(_logger, aborted);
        }

        try
        {
            await _services.Sessions.WaitEmptyAsync().WaitAsync(AbortPatience, _timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            Log.Stuck(_logger, _services.Sessions.Count, AbortPatience.TotalSeconds);
        }

        return aborted;
    }

    private async ValueTask StopListeningAsync()
    {
        // All at once, as each may take a moment to serve those who have connected already.
        await Task.WhenAll(_listeners.Select(StopAsync)).ConfigureAwait(false);
        _listeners.Clear();
        await _services.Destinations.StopAsync().ConfigureAwait(false);
    }

    private async Task StopAsync(ITransportListener listener)
    {
        try
        {
            await listener.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Somebody else's: the other listeners stop all the same.
            Log.StopThrew(_logger, error, listener.LocalEndPoint);
        }
    }
}
