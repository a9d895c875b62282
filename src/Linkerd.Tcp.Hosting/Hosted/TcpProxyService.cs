using System.Diagnostics.Metrics;
using Linkerd.Tcp.Sessions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Linkerd.Tcp.Hosting.Hosted;

/// <summary>Runs a proxy of a name while the host of the process runs, and reloads its configuration. The container disposes the proxy.</summary>
/// <param name="name">The name.</param>
/// <param name="services">The container.</param>
internal sealed partial class TcpProxyService(string name, IServiceProvider services) : IHostedService, IDisposable
{
    private readonly ILogger _logger = services.Logger();
    private readonly Lock _creating = new();
    private OptionsReload<ProxyConfiguration>? _reload;
    private ProxyHost? _proxy;
    private Meter? _meter;
    private volatile ProxyConfiguration? _configuration;

    /// <summary>Gets the proxy; it is created by the first call, and opens nothing before the start.</summary>
    /// <exception cref="OptionsValidationException">The configuration is not valid; the exception has all errors.</exception>
    public ProxyHost Proxy
    {
        get
        {
            lock (_creating)
            {
                return _proxy ??= NewProxy();
            }
        }
    }

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        // By the key, so that the container knows that it has to dispose it.
        var proxy = services.GetRequiredKeyedService<ProxyHost>(name);
        WarnOfUnused(_configuration!);
        await proxy.StartAsync(cancellationToken).ConfigureAwait(false);
        _reload!.Start();
        Log.Started(_logger, name, string.Join(", ", proxy.LocalEndPoints));
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_reload is not null)
        {
            await _reload.DisposeAsync().ConfigureAwait(false);
        }

        if (_proxy is null || _configuration is null)
        {
            return;
        }

        // The token is cancelled when the time of the host to stop is over, which may be before the end of the grace period.
        Log.Stopping(_logger, name, _proxy.ActiveSessions);
        var aborted = await _proxy.DrainAsync(_configuration.Grace, cancellationToken).ConfigureAwait(false);
        if (aborted > 0)
        {
            Log.Aborted(_logger, name, aborted);
        }
        else
        {
            Log.Stopped(_logger, name);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A host that could not start does not stop its services. There is nothing to wait for.
        _ = _reload?.DisposeAsync().AsTask();
        _meter?.Dispose();
    }

    // Changes are watched before the configuration is read, so that none is missed.
    private ProxyHost NewProxy()
    {
        var factory = services.GetRequiredService<IOptionsFactory<ProxyConfiguration>>();
        _reload ??= new(name, factory, services.GetServices<IOptionsChangeTokenSource<ProxyConfiguration>>(), ApplyAsync, _logger);
        _configuration = factory.Create(name);
        return new ProxyHost(
            _configuration,
            services.GetRequiredService<HostedTables>().Get(HostedKeys.Proxy(name)),
            services.Loggers(),
            _meter ??= services.NewMeter("proxy", name),
            services.Clock(),
            services.GetKeyedService<ISessionObserver>(name) ?? services.GetService<ISessionObserver>());
    }

    private async Task<IReadOnlyList<string>> ApplyAsync(ProxyConfiguration configuration, CancellationToken cancellationToken)
    {
        var changes = await _proxy!.ApplyAsync(configuration, cancellationToken).ConfigureAwait(false);
        _configuration = configuration;
        WarnOfUnused(configuration);
        return changes.Applied;
    }

    private void WarnOfUnused(ProxyConfiguration configuration)
    {
        (string Key, bool IsSaid)[] keys =
        [
            ("admin", configuration.Admin is not null),
            ("accessLog", configuration.AccessLog is not null),
            ("statsIntervalSecs", configuration.StatsInterval != Timeout.InfiniteTimeSpan),
            ("watchConfig", configuration.WatchConfig),
        ];
        if (string.Join(", ", keys.Where(static key => key.IsSaid).Select(static key => key.Key)) is { Length: > 0 } unused)
        {
            Log.Unused(_logger, unused, name);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(8515, LogLevel.Information, "proxy {Name} listens on {Addresses}", EventName = "HostedProxyStarted")]
        public static partial void Started(ILogger logger, string name, string addresses);

        [LoggerMessage(8516, LogLevel.Information, "proxy {Name} is stopping: {Sessions} sessions", EventName = "HostedProxyStopping")]
        public static partial void Stopping(ILogger logger, string name, int sessions);

        [LoggerMessage(8517, LogLevel.Information, "proxy {Name} has stopped; all sessions have ended", EventName = "HostedProxyStopped")]
        public static partial void Stopped(ILogger logger, string name);

        [LoggerMessage(8518, LogLevel.Warning, "proxy {Name} has stopped; {Aborted} sessions were aborted at the end of the grace period, or of the time that the host has to stop", EventName = "HostedSessionsAborted")]
        public static partial void Aborted(ILogger logger, string name, int aborted);

        [LoggerMessage(8519, LogLevel.Warning, "{Keys} of proxy {Name} have no effect here: they are options of the executable", EventName = "HostedOptionsUnused")]
        public static partial void Unused(ILogger logger, string keys, string name);
    }
}
