using System.Diagnostics.Metrics;
using System.Net;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Hosting.Running;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Serving;
using Linkerd.Tcp.Sessions;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Runs a configuration: an engine, and for each router its interpreter, its destinations and one proxy, so that all servers of a router share the state of endpoints. <see cref="ApplyAsync"/> changes
/// the configuration while it runs. Disposing it disposes all of these. Any thread.
/// </summary>
public sealed partial class ProxyHost : IAsyncDisposable
{
    // The engine is made once, and all connections live on its loops; the library of TLS is that of the process. The admin server, which the executable has, is opened once.
    private static readonly string[] FixedKeys = ["transport", "loops", "tlsProvider", "admin"];

    private readonly ConfigurationTable _table;
    private readonly ILoggerFactory _loggerFactory;
    private readonly ILogger _logger;
    private readonly Meter _meter;
    private readonly TimeProvider _timeProvider;
    private readonly ITransport _transport;
    private readonly ISessionObserver? _observer;
    private readonly TlsProviderKind _tlsProvider;
    private readonly TlsProviderNotice _tlsNotice;

    // Serializes starting, changing and stopping. Holds nothing that would have to be disposed.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _ending = new();
    private volatile HostedRouter[] _routers = [];
    private volatile RetiredRouter[] _retired = [];
    private volatile CertificateCheck _check;
    private ConfigurationSnapshot _part;
    private State _state;
    private bool _isChecked;

    /// <summary>Initializes a host from a configuration; no socket is opened yet.</summary>
    /// <param name="configuration">The configuration; copied, so that later changes have no effect.</param>
    /// <param name="table">The table of options, with the kinds of interpreters.</param>
    /// <param name="loggerFactory">The factory of loggers; default: nothing is logged.</param>
    /// <param name="meter">The meter of the instruments; default: a meter of its own. Each router has another one with the same name, which goes with it.</param>
    /// <param name="timeProvider">The clock; default: the system's.</param>
    /// <param name="observer">The receiver of a record of each session at its end; default: none, and no records are made.</param>
    /// <exception cref="InvalidOptionsException">The configuration is not valid; the exception has all errors.</exception>
    /// <exception cref="NameBindingException">A target can never be bound.</exception>
    /// <exception cref="TransportException">The engine of the configuration is not available.</exception>
    public ProxyHost(
        ProxyConfiguration configuration, ConfigurationTable table, ILoggerFactory? loggerFactory = null, Meter? meter = null, TimeProvider? timeProvider = null, ISessionObserver? observer = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
        _observer = observer;
        _tlsProvider = configuration.TlsProvider;
        Validate(configuration);
        _check = new CertificateCheck(configuration);
        _part = ConfigurationSnapshot.Of(configuration, table);
        _loggerFactory = loggerFactory ?? NullLoggerFactory.Instance;
        _logger = _loggerFactory.CreateLogger("Linkerd.Tcp.Hosting");
        _timeProvider = timeProvider ?? TimeProvider.System;
        _meter = meter ?? new Meter(LinkerdTcpTelemetry.MeterName);
        _transport = TransportFactory.Create(CoreOptions.Transport(configuration), _loggerFactory, _meter, _timeProvider);
        _tlsNotice = new TlsProviderNotice(_tlsProvider, _transport, _logger);
        var routers = new List<HostedRouter>();
        try
        {
            foreach (var router in configuration.Routers)
            {
                routers.Add(NewRouter(configuration, router));
            }
        }
        catch
        {
            // Nothing was begun, so there is nothing to wait for.
            _routers = [.. routers];
            _ = DisposeAsync().AsTask();
            throw;
        }

        _routers = [.. routers];
    }

    private enum State : byte
    {
        New,
        Running,
        Stopped,
        Disposed,
    }

    /// <summary>Gets the number of sessions that are open now.</summary>
    public int ActiveSessions => Proxies.Sum(static proxy => proxy.ActiveSessions);

    /// <summary>Gets records of the sessions that are open now (<see cref="TcpProxy.Sessions"/>).</summary>
    public IEnumerable<SessionRecord> Sessions => Proxies.SelectMany(static proxy => proxy.Sessions);

    /// <summary>Gets the event loops of the engine as they are now; empty if it has none.</summary>
    public IReadOnlyList<LoopSnapshot> Loops => _transport.Loops;

    /// <summary>Gets the routers, in the order of the configuration; those that were removed are not among them, also while they have sessions.</summary>
    public IReadOnlyList<HostedRouter> Routers => _routers;

    /// <summary>Gets the addresses of all servers, with the ports that were chosen for port 0; empty before <see cref="StartAsync"/>.</summary>
    public IReadOnlyList<EndPoint> LocalEndPoints => [.. _routers.SelectMany(static router => router.Proxy.LocalEndPoints)];

    /// <summary>Gets a value that indicates whether there are files of certificates, keys or roots, which <see cref="ReloadCertificatesAsync"/> reads again.</summary>
    public bool HasCertificates => _check.HasFiles || _routers.Any(static router => router.Naming.ReloadCertificates is not null);

    private IEnumerable<TcpProxy> Proxies => _routers.Concat(_retired.Select(static retired => retired.Router)).Select(static router => router.Proxy);

    /// <summary>Loads the files of TLS, and asks OpenSSL for the algorithms if it runs TLS, so that an error is known before anything is opened. <see cref="StartAsync"/> does so too, unless it was done.</summary>
    /// <exception cref="InvalidOptionsException">Files cannot be used, or OpenSSL does not have an algorithm; the exception has all errors, by the keys of the configuration.</exception>
    public void CheckCertificates()
    {
        _check.Validate();
        _isChecked = true;
    }

    /// <summary>Starts all servers.</summary>
    /// <param name="cancellationToken">Cancels binding.</param>
    /// <exception cref="TransportException">An address could not be bound; servers that were started go on until the host is disposed.</exception>
    /// <exception cref="InvalidOptionsException">Files of TLS cannot be used, or OpenSSL does not have an algorithm; the exception has all errors, by the keys of the configuration. Nothing is started then.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_isChecked)
            {
                _check.Validate();
            }

            _tlsNotice.Give(_check.HasTls);
            foreach (var router in _routers)
            {
                await router.Proxy.StartAsync(cancellationToken).ConfigureAwait(false);
            }

            _state = State.Running;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Applies another configuration while the host runs: all of it or nothing, over all routers, except what cannot change while it runs. A router is identified by its label, a server by its address.
    /// Sessions that run are not touched, and endpoints that stay keep their state, also if the interpreter or the settings of their names change. A server that is removed serves the clients that have
    /// connected already, and its sessions go on to their own end; so do those of a router that is removed, whose services are disposed after the last one. A server that
    /// goes to another router keeps its socket, and its sessions go on under the router that accepted them.
    /// </summary>
    /// <param name="configuration">The configuration; copied, so that later changes have no effect.</param>
    /// <param name="cancellationToken">Cancels the wait for other calls, and binding; once the configuration is in force it has no effect.</param>
    /// <returns>The changes; those that are not applied are also logged.</returns>
    /// <exception cref="InvalidOptionsException">The configuration is not valid, or files of certificates cannot be used; the exception has all errors. Nothing has changed.</exception>
    /// <exception cref="NameBindingException">A target can never be bound. Nothing has changed.</exception>
    /// <exception cref="TransportException">An address could not be bound; the message contains it. Nothing has changed.</exception>
    /// <exception cref="InvalidOperationException">The host has not been started, or was drained.</exception>
    /// <exception cref="ObjectDisposedException">The host was disposed.</exception>
    public async Task<ConfigurationChanges> ApplyAsync(ProxyConfiguration configuration, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Validate(configuration);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_state == State.Disposed, this);
            if (_state != State.Running)
            {
                throw new InvalidOperationException(_state == State.New ? "The host has not been started." : "The host was drained: it takes another configuration only before.");
            }

            var wanted = ConfigurationSnapshot.Of(configuration, _table);
            var next = wanted.With(_part, FixedKeys);
            var changes = new ConfigurationChanges(next.FindChanges(_part), wanted.FindChanges(next));
            if (changes.Applied.Count > 0)
            {
                await ChangeAsync(configuration, next, cancellationToken).ConfigureAwait(false);
            }

            foreach (var key in changes.NotApplied)
            {
                if (wanted.TextOf(key) is { } text)
                {
                    Log.NotApplied(_logger, key, _part.TextOf(key), text);
                }
                else
                {
                    Log.PartNotApplied(_logger, key);
                }
            }

            return changes;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Reads all files of TLS again (certificates, keys, roots, revocation lists, OCSP responses, ticket keys), whether they have changed or not. Changed files are also loaded without it, within 2 s. New handshakes use what was read, and sessions go on.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait. Loading continues.</param>
    /// <returns>The problems of files that cannot be used, each with its path; empty if there are none. What was loaded before stays in use, and each problem is logged.</returns>
    public async Task<IReadOnlyList<string>> ReloadCertificatesAsync(CancellationToken cancellationToken = default)
    {
        var problems = await Task.WhenAll(_routers.SelectMany(router => new[]
        {
            router.Proxy.ReloadCertificatesAsync(cancellationToken),
            router.Destinations.ReloadCertificatesAsync(cancellationToken),
            router.Naming.ReloadCertificates?.Invoke(cancellationToken) ?? Task.FromResult<IReadOnlyList<string>>([]),
        })).ConfigureAwait(false);
        return [.. problems.SelectMany(static some => some).Distinct()];
    }

    /// <summary>Stops accepting, lets sessions finish for the grace period, then aborts the remaining ones.</summary>
    /// <param name="grace">The time that sessions may take to finish; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="abort">Aborts the remaining sessions at once.</param>
    /// <returns>The number of sessions that were aborted.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The grace period is negative, or more than 49 days.</exception>
    public async Task<int> DrainAsync(TimeSpan grace, CancellationToken abort = default)
    {
        await EndAsync(State.Stopped).ConfigureAwait(false);
        var aborted = await Task.WhenAll(Proxies.Select(proxy => proxy.DrainAsync(grace, abort))).ConfigureAwait(false);
        return aborted.Sum();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndAsync(State.Disposed).ConfigureAwait(false);
        await _ending.CancelAsync().ConfigureAwait(false);
        foreach (var router in _routers)
        {
            await router.Proxy.DisposeAsync().ConfigureAwait(false);
        }

        await Task.WhenAll(_retired.Select(static retired => retired.Ended)).ConfigureAwait(false);
        await _transport.DisposeAsync().ConfigureAwait(false);
        foreach (var router in _routers)
        {
            await router.EndAsync().ConfigureAwait(false);
        }
    }

    private void Validate(ProxyConfiguration configuration) =>
        OptionsValidator.Validated(configuration, (all, validator) => ConfigurationValidator.Validate(all, _table, validator), nameof(configuration));

    private async Task EndAsync(State state)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        _state = state > _state ? state : _state;
        _turn.Release();
    }

    private async Task ChangeAsync(ProxyConfiguration configuration, ConfigurationSnapshot next, CancellationToken cancellationToken)
    {
        var check = new CertificateCheck(configuration);
        check.Validate();
        var isSameProcess = !next.FindChanges(_part).Any(static key => !key.StartsWith("routers[", StringComparison.Ordinal));
        var routers = new List<HostedRouter>();
        var added = new List<HostedRouter>();
        var names = new List<(HostedRouter Router, RouterNaming Names)>();
        var changes = new List<TcpProxyChange>();
        try
        {
            foreach (var router in configuration.Routers)
            {
                var (before, after) = (_part.Router(router.Label), next.Router(router.Label)!);
                if (before is null || _routers.FirstOrDefault(running => running.Label == router.Label) is not { } running)
                {
                    var made = NewRouter(configuration, router);
                    added.Add(made);
                    routers.Add(made);
                    changes.Add(new TcpProxyChange(made.Proxy, CoreOptions.Proxy(configuration, router.Servers, made.Names.NameOf, _tlsProvider)));
                    continue;
                }

                routers.Add(running);
                if (isSameProcess && after.IsSame(before))
                {
                    continue;
                }

                var isSameNaming = after.TextOf("stateDir") == before.TextOf("stateDir") && after.Part("interpreter")!.IsSame(before.Part("interpreter")) && running.Names.Suits(router);
                var naming = isSameNaming ? running.Names : RouterNaming.Create(router, running.Names, _table, _loggerFactory, _timeProvider);
                names.Add((running, naming));
                changes.Add(new TcpProxyChange(running.Proxy, CoreOptions.Proxy(configuration, router.Servers, naming.NameOf, _tlsProvider), OptionsFor(router, naming), CoreOptions.Registry(configuration)));
            }

            changes.AddRange(_routers.Except(routers).Select(static removed => new TcpProxyChange(removed.Proxy, null)));
            await TcpProxyChange.ApplyAsync(changes, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await Task.WhenAll(names.Where(static change => change.Names != change.Router.Names).Select(static change => change.Names.DisposeAsync().AsTask())).ConfigureAwait(false);
            foreach (var router in added)
            {
                await router.Proxy.DisposeAsync().ConfigureAwait(false);
                await router.EndAsync().ConfigureAwait(false);
            }

            throw;
        }

        (_part, _check) = (next, check);
        _tlsNotice.Give(check.HasTls);
        var retired = _routers.Except(routers).ToList();
        _retired = [.. _retired.Where(static retired => !retired.Ended.IsCompleted), .. retired.Select(router => new RetiredRouter(router, _ending.Token))];
        _routers = [.. routers];
        foreach (var (router, naming) in names.Where(static change => change.Names != change.Router.Names))
        {
            var before = router.Names;
            router.Names = naming;
            await before.DisposeAsync().ConfigureAwait(false);
        }
    }

    private HostedRouter NewRouter(ProxyConfiguration configuration, RouterConfiguration router)
    {
        var names = RouterNaming.Create(router, null, _table, _loggerFactory, _timeProvider);
        var meter = new Meter(new MeterOptions(_meter.Name) { Version = _meter.Version, Scope = _meter.Scope, Tags = [.. _meter.Tags ?? [], new("router", router.Label)] });
        var destinations = new DestinationRegistry(OptionsFor(router, names), _loggerFactory, meter, _timeProvider, transport: _transport, options: CoreOptions.Registry(configuration));
        var proxy = new TcpProxy(CoreOptions.Proxy(configuration, router.Servers, names.NameOf, _tlsProvider), destinations, _transport, _loggerFactory, meter, _timeProvider, observer: _observer);
        return new HostedRouter(router.Label, proxy, destinations, names, meter);
    }

    private Func<DstPath, DestinationOptions> OptionsFor(RouterConfiguration router, RouterNaming names)
    {
        var client = router.Client.Copy();
        return name => CoreOptions.Destination(client.For(name), names.ResolverOf(name), names.Services.ClearOnNegative, _tlsProvider);
    }

    private static partial class Log
    {
        [LoggerMessage(8500, LogLevel.Warning, "{Key} stays {Value} until the process is restarted: it cannot become {Wanted} while the process runs", EventName = "OptionNotApplied")]
        public static partial void NotApplied(ILogger logger, string key, string? value, string? wanted);

        [LoggerMessage(8501, LogLevel.Warning, "{Key} stays as it is until the process is restarted: it cannot change while the process runs", EventName = "PartNotApplied")]
        public static partial void PartNotApplied(ILogger logger, string key);
    }
}
