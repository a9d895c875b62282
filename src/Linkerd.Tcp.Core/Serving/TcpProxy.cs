using System.Diagnostics.Metrics;
using System.Net;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Security.Certificates;
using Linkerd.Tcp.Serving;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp;

/// <summary>
/// Represents a layer-4 proxy: listeners, the sessions that come from them, their limits, and the drain at the end.
/// The registry, and a transport that was given, are not disposed with it. Any thread.
/// </summary>
public sealed partial class TcpProxy : IAsyncDisposable
{
    private static readonly TimeSpan AbortPatience = TimeSpan.FromSeconds(5);

    private readonly ITransport _transport;
    private readonly bool _ownsTransport;
    private readonly ILogger _logger;
    private readonly TimeProvider _timeProvider;
    private readonly ConnectionLimit _limit;
    private readonly SessionServices _services;
    private readonly ProxyListening _listening;

    /// <summary>Makes a proxy; <see cref="StartAsync"/> starts it.</summary>
    /// <param name="options">What to serve; copied.</param>
    /// <param name="registry">The destinations of its sessions.</param>
    /// <param name="transport">What carries them; default: one of its own, of <see cref="TransportFactory.Create"/>, which is disposed with it.</param>
    /// <param name="loggerFactory">Where to log; default: nowhere.</param>
    /// <param name="meter">Where instruments are made; default: a meter of its own, named <see cref="LinkerdTcpTelemetry.MeterName"/>.</param>
    /// <param name="timeProvider">The clock; default: the system's.</param>
    /// <param name="random">The generator of jitter, which is used under a lock on itself; default: a fast one that all threads share.</param>
    /// <param name="observer">What receives a record of each session at its end; default: nothing, and no records are made.</param>
    /// <exception cref="InvalidOptionsException">An option is not valid.</exception>
    public TcpProxy(
        TcpProxyOptions options,
        DestinationRegistry registry,
        ITransport? transport = null,
        ILoggerFactory? loggerFactory = null,
        Meter? meter = null,
        TimeProvider? timeProvider = null,
        Random? random = null,
        ISessionObserver? observer = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(registry);
        options = Validated(options);
        _timeProvider = timeProvider ?? TimeProvider.System;
        loggerFactory ??= NullLoggerFactory.Instance;
        meter ??= new Meter(LinkerdTcpTelemetry.MeterName);
        _ownsTransport = transport is null;
        _transport = transport ?? TransportFactory.Create(null, loggerFactory, meter, timeProvider);
        _logger = GuardedLogger.Create(loggerFactory, "Linkerd.Tcp.Serving");
        _limit = new ConnectionLimit(options.MaxSessions ?? FileDescriptorLimit.DefaultMaxSessions);
        var sessions = new SessionList();
        var instruments = new SessionInstruments(meter, () => sessions.Count, sessions.CountBytes, () => sessions.Finished);
        var jitter = RandomSource.Of(random);
        var dialer = new Dialer(_transport, TcpOptions.Defaults, new ConnectInstruments(meter), _timeProvider);
        var leaving = new DrainEnforcer(sessions, _logger, _timeProvider, jitter);
        _services = new SessionServices(registry, dialer, sessions, leaving, jitter, _timeProvider)
        {
            Instruments = instruments,
            Tls = TlsInstruments.OfClients(meter),
            Observer = observer,
            ProxyLogger = _logger,
            Logger = GuardedLogger.Create(loggerFactory, "Linkerd.Tcp.Session"),
            Certificates = new CertificateServices(_timeProvider, GuardedLogger.Create(loggerFactory, "Linkerd.Tcp.Security"), new CertificateInstruments(meter)),
        };
        _listening = new ProxyListening(options, _transport, _services, _limit, jitter);
    }

    /// <summary>Gets a copy of the options in force.</summary>
    public TcpProxyOptions Options => _listening.Options.Copy();

    /// <summary>Gets the addresses that it listens on, in the order of <see cref="TcpProxyOptions.Listeners"/>, with the ports that were chosen for port 0. Empty before <see cref="StartAsync"/>, and after <see cref="DrainAsync"/>.</summary>
    public IReadOnlyList<EndPoint> LocalEndPoints => _listening.LocalEndPoints;

    /// <summary>Gets the number of sessions that are open now.</summary>
    public int ActiveSessions => _services.Sessions.Count;

    /// <summary>Gets records of the sessions that are open now, each made when it is reached; one that has ended by then may be among them. Without an observer they have no times of phases and no attempts.</summary>
    public IEnumerable<SessionRecord> Sessions => _services.Sessions.ToArray().Select(static session => session.Observe());

    /// <summary>Gets the certificates and roots of its listeners; empty before <see cref="StartAsync"/>, and after <see cref="DrainAsync"/>.</summary>
    public IReadOnlyList<CertificateSnapshot> Certificates => _listening.Certificates;

    /// <summary>The most sessions at once, over all listeners.</summary>
    internal int MaxSessions => _limit.Maximum;

    /// <summary>Binds every listener, starts to resolve their names, then starts accepting.</summary>
    /// <exception cref="TransportException">An address could not be bound; nothing is accepted then.</exception>
    /// <exception cref="InvalidOptionsException">Files of TLS cannot be used, or the transport lacks an option of TLS; nothing is bound then.</exception>
    /// <exception cref="InvalidOperationException">The proxy was started or stopped before.</exception>
    /// <exception cref="ObjectDisposedException">The proxy or the registry was disposed; nothing is bound then.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => _listening.StartAsync(cancellationToken);

    /// <summary>Gets the listening of the proxy.</summary>
    internal ProxyListening Listening => _listening;

    /// <summary>
    /// Applies new options while the proxy runs, all of them or none. Sessions that run keep the options that they began with; all others begin with the new ones, also those of
    /// clients that wait in a backlog. Lower limits end no session. If it is called before <see cref="StartAsync"/>, the proxy starts with them.
    /// </summary>
    /// <remarks>
    /// <para>A listener is identified by its address (and, among several with port 0, by its <see cref="ListenerOptions.Key"/>, or its place in the order): it
    /// goes on with its socket, its sessions and the counts of its limits. One whose address is not among the new ones is removed: it serves the clients that have connected already,
    /// as in <see cref="DrainAsync"/>, and its sessions go on to their own end. All new addresses are bound before anything changes, and accept before others are removed.</para>
    /// <para>Two properties cannot change while a listener goes on, as a bound socket cannot: whether <c>[::]</c> takes IPv4 clients too, and, on Linux, a buffer size back to null. Remove the listener, then add it again.</para>
    /// <para>Calls are serialized with one another, and with starting, draining and disposing.</para>
    /// </remarks>
    /// <param name="options">The options; copied.</param>
    /// <param name="cancellationToken">Cancels the wait for other calls, and binding; once the options are in force it has no effect.</param>
    /// <returns>Completes when the removed listeners are closed, and all clients that have connected to them are sessions.</returns>
    /// <exception cref="InvalidOptionsException">An option is not valid, or cannot be changed while the listener runs. Nothing has changed.</exception>
    /// <exception cref="TransportException">An address could not be bound; the message contains it. Nothing has changed.</exception>
    /// <exception cref="InvalidOperationException">The proxy was drained, or could not start.</exception>
    /// <exception cref="ObjectDisposedException">The proxy or the registry was disposed.</exception>
    public Task ApplyAsync(TcpProxyOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var copy = Validated(options);
        return _listening.ChangeAsync(listening => (copy, listening.Match(copy)), isOfAll: true, cancellationToken);
    }

    /// <summary>Adds a listener while the proxy runs; otherwise as <see cref="ApplyAsync"/>.</summary>
    /// <param name="listener">Its options; copied.</param>
    /// <param name="cancellationToken">Cancels the wait for other calls, and binding.</param>
    /// <returns>The address, with the port that was chosen for port 0. Before <see cref="StartAsync"/>, the address of the options.</returns>
    /// <inheritdoc cref="ApplyAsync"/>
    public async Task<EndPoint> AddListenerAsync(ListenerOptions listener, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(listener);
        var addresses = await _listening.ChangeAsync(
            listening => listening.WithListeners((listeners, running) =>
            {
                listeners.Add(listener);
                running.Add(null);
            }),
            isOfAll: false,
            cancellationToken).ConfigureAwait(false);
        return addresses![^1];
    }

    /// <summary>Changes the options of one listener while the proxy runs, perhaps to another address; otherwise as <see cref="ApplyAsync"/>.</summary>
    /// <param name="localEndPoint">Its address, as in <see cref="LocalEndPoints"/>.</param>
    /// <param name="listener">The options; copied. With another address the new listener is added, then the earlier one is removed.</param>
    /// <param name="cancellationToken">Cancels the wait for other calls, and binding.</param>
    /// <returns>True if there is a listener on the address.</returns>
    /// <inheritdoc cref="ApplyAsync"/>
    public async Task<bool> ChangeListenerAsync(EndPoint localEndPoint, ListenerOptions listener, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(localEndPoint);
        ArgumentNullException.ThrowIfNull(listener);
        return await _listening.ChangeAsync(
            listening => listening.IndexOf(localEndPoint) is var at and >= 0
                ? listening.WithListeners((listeners, running) =>
                {
                    var stays = listener.EndPoint is { } endPoint && (endPoint.Equals(listeners[at].EndPoint) || endPoint.Equals(localEndPoint));
                    (listeners[at], running[at]) = (listener, stays ? running[at] : null);
                })
                : null,
            isOfAll: false,
            cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <summary>Removes a listener while the proxy runs, except the last one; otherwise as <see cref="ApplyAsync"/>.</summary>
    /// <param name="localEndPoint">Its address, as in <see cref="LocalEndPoints"/>.</param>
    /// <param name="cancellationToken">Cancels the wait for other calls.</param>
    /// <returns>True if there was a listener on the address.</returns>
    /// <inheritdoc cref="ApplyAsync"/>
    public async Task<bool> RemoveListenerAsync(EndPoint localEndPoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(localEndPoint);
        return await _listening.ChangeAsync(
            listening => listening.IndexOf(localEndPoint) is var at and >= 0
                ? listening.WithListeners((listeners, running) =>
                {
                    listeners.RemoveAt(at);
                    running.RemoveAt(at);
                })
                : null,
            isOfAll: false,
            cancellationToken).ConfigureAwait(false) is not null;
    }

    /// <summary>Loads the files of TLS of all listeners again (certificates, keys, roots, revocation lists, OCSP responses, ticket keys), whether the files have changed or not. Changed files are also loaded without it, within 2 s.</summary>
    /// <param name="cancellationToken">Cancels the wait. Loading continues.</param>
    /// <returns>The problems of files that cannot be used, each with its path; empty if there are none. What was loaded before stays in use, and each problem is logged (6103; ticket keys: 6110).</returns>
    public Task<IReadOnlyList<string>> ReloadCertificatesAsync(CancellationToken cancellationToken = default) => _listening.ReloadCertificatesAsync(cancellationToken);

    /// <summary>Stops accepting, once the clients that have connected already are sessions (<see cref="ITransportListener"/>), lets sessions finish for the grace period, then aborts those that are left. <see cref="LocalEndPoints"/> is empty afterwards.</summary>
    /// <param name="grace">The time that sessions may take to finish; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="abort">Aborts the remaining sessions at once.</param>
    /// <returns>The number of sessions that were aborted.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The grace period is negative and not <see cref="Timeout.InfiniteTimeSpan"/>, or more than 49 days. Nothing is stopped then.</exception>
    public async Task<int> DrainAsync(TimeSpan grace, CancellationToken abort = default)
    {
        if (grace != Timeout.InfiniteTimeSpan && (grace < TimeSpan.Zero || grace > OptionsValidator.MaxTimer))
        {
            throw new ArgumentOutOfRangeException(nameof(grace), grace, "Zero to 49 days, or Timeout.InfiniteTimeSpan, was expected.");
        }

        await _listening.StopAsync(isDisposed: false).ConfigureAwait(false);
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
        await _listening.StopAsync(isDisposed: true).ConfigureAwait(false);
        await AbortSessionsAsync().ConfigureAwait(false);
        _services.Leaving.Dispose();
        if (_ownsTransport)
        {
            await _transport.DisposeAsync().ConfigureAwait(false);
        }
    }

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

    internal static TcpProxyOptions Validated(TcpProxyOptions options) =>
        OptionsValidator.Validated(options.Copy(), static (options, validator) => options.Validate(validator));

    private static partial class Log
    {
        [LoggerMessage(4002, LogLevel.Information, "draining: {Sessions} sessions have {Grace} s to finish", EventName = "Draining")]
        public static partial void Draining(ILogger logger, int sessions, double grace);

        [LoggerMessage(4003, LogLevel.Warning, "{Sessions} sessions aborted", EventName = "Aborted")]
        public static partial void Aborted(ILogger logger, int sessions);

        [LoggerMessage(4004, LogLevel.Error, "{Sessions} sessions have not ended {Patience} s after they were aborted", EventName = "Stuck")]
        public static partial void Stuck(ILogger logger, int sessions, double patience);
    }
}
