using System.Diagnostics.Metrics;
using System.Net;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Hosting.Mapping;
using Linkerd.Tcp.Infrastructure;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Hosting;

/// <summary>
/// Runs a configuration: an engine, and for each router its interpreter, destinations and proxies. The servers of a router that have the same settings of sessions share
/// one proxy, and so the state of their endpoints. Disposing it disposes all of these. Any thread.
/// </summary>
public sealed class ProxyHost : IAsyncDisposable
{
    private readonly ITransport _transport;
    private readonly List<NamingServices> _naming = [];
    private readonly List<DestinationRegistry> _routers = [];
    private readonly List<TcpProxy> _proxies = [];
    private readonly List<Meter> _meters = [];
    private readonly CertificateCheck _check;

    /// <summary>Initializes a host from a configuration; no socket is opened yet.</summary>
    /// <param name="configuration">The configuration; copied, so that later changes have no effect.</param>
    /// <param name="table">The table of options, with the kinds of interpreters.</param>
    /// <param name="loggerFactory">The factory of loggers; default: nothing is logged.</param>
    /// <param name="meter">The meter of the instruments; default: a meter of its own.</param>
    /// <param name="timeProvider">The clock; default: the system's.</param>
    /// <exception cref="InvalidOptionsException">The configuration is not valid; the exception has all errors.</exception>
    /// <exception cref="NameBindingException">A target can never be bound.</exception>
    /// <exception cref="TransportException">The engine of the configuration is not available.</exception>
    public ProxyHost(ProxyConfiguration configuration, ConfigurationTable table, ILoggerFactory? loggerFactory = null, Meter? meter = null, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        ArgumentNullException.ThrowIfNull(table);
        OptionsValidator.Validated(configuration, (all, validator) => ConfigurationValidator.Validate(all, table, validator), nameof(configuration));
        _check = new CertificateCheck(configuration);
        loggerFactory ??= NullLoggerFactory.Instance;
        timeProvider ??= TimeProvider.System;
        meter ??= new Meter(LinkerdTcpTelemetry.MeterName);
        var transport = CoreOptions.Transport(configuration);
        _transport = TransportFactory.Create(transport, loggerFactory, meter, timeProvider);
        try
        {
            foreach (var router in configuration.Routers)
            {
                Add(configuration, router, table, loggerFactory, meter, timeProvider);
            }
        }
        catch
        {
            // Nothing was begun, so there is nothing to wait for.
            _ = DisposeAsync().AsTask();
            throw;
        }
    }

    /// <summary>Gets the number of sessions that are open now.</summary>
    public int ActiveSessions => _proxies.Sum(static proxy => proxy.ActiveSessions);

    /// <summary>Gets the addresses of all servers, with the ports that were chosen for port 0; empty before <see cref="StartAsync"/>.</summary>
    public IReadOnlyList<EndPoint> LocalEndPoints => [.. _proxies.SelectMany(static proxy => proxy.LocalEndPoints)];

    /// <summary>Gets a value that indicates whether there are files of certificates, keys or roots, which <see cref="ReloadCertificatesAsync"/> reads again.</summary>
    public bool HasCertificates => _check.HasFiles;

    /// <summary>Starts all servers.</summary>
    /// <param name="cancellationToken">Cancels binding.</param>
    /// <exception cref="TransportException">An address could not be bound; servers that were started go on until the host is disposed.</exception>
    /// <exception cref="InvalidOptionsException">Files of certificates, keys or roots cannot be used; the exception has all of them, by the keys of the configuration. Nothing is started then.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        _check.Validate();
        foreach (var proxy in _proxies)
        {
            await proxy.StartAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Reads all certificates, keys and roots again, whether their files have changed or not. Changed files are also loaded without it, within 2 s. New handshakes use what was read, and sessions go on.
    /// </summary>
    /// <param name="cancellationToken">Cancels the wait. Loading continues.</param>
    /// <returns>The problems of files that cannot be used, each with its path; empty if there are none. What was loaded before stays in use, and each problem is logged.</returns>
    public async Task<IReadOnlyList<string>> ReloadCertificatesAsync(CancellationToken cancellationToken = default)
    {
        var problems = await Task.WhenAll(
            [.. _proxies.Select(proxy => proxy.ReloadCertificatesAsync(cancellationToken)), .. _routers.Select(router => router.ReloadCertificatesAsync(cancellationToken))]).ConfigureAwait(false);
        return [.. problems.SelectMany(static some => some).Distinct()];
    }

    /// <summary>Stops accepting, lets sessions finish for the grace period, then aborts the remaining ones.</summary>
    /// <param name="grace">The time that sessions may take to finish; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <param name="abort">Aborts the remaining sessions at once.</param>
    /// <returns>The number of sessions that were aborted.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The grace period is negative, or more than 49 days.</exception>
    public async Task<int> DrainAsync(TimeSpan grace, CancellationToken abort = default)
    {
        var aborted = await Task.WhenAll(_proxies.Select(proxy => proxy.DrainAsync(grace, abort))).ConfigureAwait(false);
        return aborted.Sum();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies)
        {
            await proxy.DisposeAsync().ConfigureAwait(false);
        }

        await _transport.DisposeAsync().ConfigureAwait(false);
        foreach (var router in _routers)
        {
            await router.DisposeAsync().ConfigureAwait(false);
        }

        foreach (var naming in _naming)
        {
            await naming.DisposeAsync().ConfigureAwait(false);
        }

        _meters.ForEach(static meter => meter.Dispose());
    }

    internal static IResolver Remembering(NamingServices naming, RouterConfiguration router, IReadOnlyList<NamedTarget> targets, ILoggerFactory loggerFactory, TimeProvider timeProvider) =>
        router.StateDirectory is not { } directory ? naming.Resolver : new CachingResolver(naming.Resolver, new CachingResolverOptions
        {
            Directory = directory,
            Scope = $"{naming.Scope} {string.Join(' ', targets.Select(static target => target.Tree))}",
            TimeProvider = timeProvider,
            Logger = loggerFactory.CreateLogger("Linkerd.Tcp.Cache"),
        });

    private void Add(ProxyConfiguration configuration, RouterConfiguration router, ConfigurationTable table, ILoggerFactory loggerFactory, Meter meter, TimeProvider timeProvider)
    {
        var targets = NamedTarget.Of(router.Servers);
        var naming = table.Interpreters.Get(router.Interpreter.Kind).Create(router.Interpreter, new NamingContext(targets, loggerFactory, timeProvider));
        _naming.Add(naming);
        var resolver = Remembering(naming, router, targets, loggerFactory, timeProvider);
        var client = router.Client.Copy();
        var own = new Meter(new MeterOptions(meter.Name) { Version = meter.Version, Tags = [.. meter.Tags ?? [], new("router", router.Label)] });
        _meters.Add(own);
        foreach (var servers in router.Servers.GroupBy(CoreOptions.SessionsOf).Select(static servers => servers.ToList()))
        {
            var timeouts = new ServerConfiguration { ConnectTimeout = servers[0].ConnectTimeout };
            var destinations = new DestinationRegistry(
                name => CoreOptions.Destination(timeouts, client.For(name), resolver, naming.ClearOnNegative),
                loggerFactory,
                own,
                timeProvider,
                transport: _transport,
                options: CoreOptions.Registry(configuration));
            _routers.Add(destinations);
            var options = CoreOptions.Proxy(configuration, servers, target => targets.First(named => named.Tree.Equals(target)).Name);
            _proxies.Add(new TcpProxy(options, destinations, _transport, loggerFactory, own, timeProvider));
        }
    }
}
