using System.Diagnostics.Metrics;
using Linkerd.Tcp.Cli.AccessLog;
using Linkerd.Tcp.Cli.Admin;
using Linkerd.Tcp.Cli.Logging;
using Linkerd.Tcp.Cli.Metrics;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Cli.Primitives;
using Linkerd.Tcp.Cli.Statistics;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>The life of the process once the command line is understood: start, serve, reload, drain.</summary>
/// <param name="configuration">The configuration to start with.</param>
/// <param name="source">The file of the configuration, which is read again by a reload; null if it has none.</param>
/// <param name="loggerFactory">The factory of loggers.</param>
/// <param name="levels">The levels of the log, which an operator can change.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed partial class ProxyRunner(ProxyConfiguration configuration, ConfigurationSource? source, ILoggerFactory loggerFactory, LogLevels levels, TimeProvider timeProvider)
{
    private readonly ILogger _logger = loggerFactory.CreateLogger(LinkerdTcpTelemetry.MeterName);
    private volatile ServingPhase _phase;
    private volatile bool _isAborted;

    // That of a request to stop; null if there was none, or it has none of its own.
    private TimeSpan? _grace;

    /// <summary>Runs until a signal requests the end.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="TransportException">It cannot listen; the message contains the address and the reason.</exception>
    public async Task<int> RunAsync(TerminationSignals signals)
    {
        RaiseDescriptorLimit();
        using var meter = new Meter(LinkerdTcpTelemetry.MeterName);
        var statistics = configuration.StatsInterval == Timeout.InfiniteTimeSpan ? null : new StatisticsReporter(configuration.StatsInterval, loggerFactory, timeProvider);
        using var metrics = configuration.Admin is null ? null : MetricsEndpoint.Create(typeof(ProxyRunner).Assembly.GetName().Version!.ToString(3));
        AdminServer? admin = null;
        try
        {
            // It outlives the host, whose end is also that of its last sessions.
            using var accessLogs = new AccessLogs(loggerFactory, meter, timeProvider);
            accessLogs.Use(accessLogs.Open(configuration.AccessLog));
            using var options = new ProcessSettings(configuration, accessLogs, statistics, source?.Path, timeProvider);
            var host = new ProxyHost(configuration, KnownKinds.Table, loggerFactory, meter, timeProvider, accessLogs);
            await using (host.ConfigureAwait(false))
            {
                accessLogs.Watch(() => host.Sessions);
                signals.Reopen = accessLogs.TryReopen;
                var reloader = new ConfigurationReloader(host, source is null ? null : source.Read, options.Prepare, loggerFactory, meter, timeProvider);

                // Before the listeners, and until everything else has ended, so that probes have an answer all the time.
                admin = configuration.Admin is null ? null : await StartAdminAsync(host, configuration.Admin, metrics!, reloader, options, signals).ConfigureAwait(false);
                await ServeAsync(host, reloader, options, signals).ConfigureAwait(false);
            }

            return _isAborted ? ExitCode.Failure : ExitCode.Success;
        }
        catch (OperationCanceledException) when (signals.Drain.IsCancellationRequested)
        {
            return _isAborted ? ExitCode.Failure : ExitCode.Success;
        }
        finally
        {
            if (admin is not null)
            {
                await admin.DisposeAsync().ConfigureAwait(false);
            }

            if (statistics is not null)
            {
                await statistics.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private Task<AdminServer> StartAdminAsync(
        ProxyHost host, AdminConfiguration admin, MetricsEndpoint metrics, ConfigurationReloader reloader, ProcessSettings options, TerminationSignals signals)
    {
        host.CheckCertificates();
        return AdminServer.StartAsync(
            new AdminServices
            {
                Options = admin,
                Host = host,
                Configuration = () => options.Configuration,
                PrintConfiguration = () => (Print(options), "application/yaml; charset=utf-8"),
                Phase = () => signals.Drain.IsCancellationRequested ? ServingPhase.Draining : _phase,
                Levels = levels,
                ReloadAsync = async () =>
                {
                    var result = await reloader.ReloadAsync("admin").ConfigureAwait(false);
                    return (result.Problems, result.NotApplied);
                },
                Shutdown = () =>
                {
                    _grace = options.Configuration.Admin?.Grace;
                    signals.RequestDrain();
                },
                Abort = () =>
                {
                    _isAborted = true;
                    signals.RequestAbort();
                },
                MapMetrics = routes => metrics.Map(routes),
                LoggerFactory = loggerFactory,
                TimeProvider = timeProvider,
            },
            signals.Drain);
    }

    private static string Print(ProcessSettings options)
    {
        var text = ConfigurationPrinter.Print(options.Configuration, KnownKinds.Table);
        return options.NotApplied is { Count: > 0 } keys ? $"# The file has other values for these, which hold after a restart of the process: {string.Join(", ", keys)}\n{text}" : text;
    }

    private async Task ServeAsync(ProxyHost proxy, ConfigurationReloader reloader, ProcessSettings options, TerminationSignals signals)
    {
        if (source?.HasAdmin == false)
        {
            Log.NoAdmin(_logger, source.Name);
        }

        if (configuration.Routers.Any(static router => router.Client.Configs.Prepend(router.Client.Global).Any(static client => client.TlsDisableValidation == true)))
        {
            Log.Unverified(_logger);
        }

        foreach (var router in configuration.Routers)
        {
            foreach (var target in NamedTarget.Of(router.Servers))
            {
                if (!target.IsName)
                {
                    Log.Union(_logger, target.Name, target.Tree);
                }

                foreach (var warning in new TargetNaming(target.Tree, router.Interpreter).FindUnknownNamers())
                {
                    Log.UnknownNamer(_logger, warning);
                }
            }
        }

        if (configuration.WatchConfig && source?.Path is null)
        {
            Log.NothingToWatch(_logger);
        }

        Action reload = () => _ = reloader.ReloadAsync("SIGHUP");
        signals.Reload += reload;
        try
        {
            await proxy.StartAsync(signals.Drain).ConfigureAwait(false);
            reloader.OnStarted();
            options.Start(() => _ = reloader.ReloadAsync("the file has changed"));
            _phase = ServingPhase.Serving;
            await ServeToEndAsync(proxy, options, signals).ConfigureAwait(false);
        }
        finally
        {
            signals.Reload -= reload;
        }
    }

    private async Task ServeToEndAsync(ProxyHost proxy, ProcessSettings options, TerminationSignals signals)
    {
        using var trimmer = new MemoryTrimmer(proxy, timeProvider);
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (signals.Drain.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stop))
        {
            await stop.Task.ConfigureAwait(false);
        }

        var grace = _grace ?? options.Configuration.Grace;
        Log.Stopping(_logger, proxy.ActiveSessions, OptionTypes.Duration().PrintArgument(grace)!);
        var aborted = await proxy.DrainAsync(grace, signals.Abort).ConfigureAwait(false);
        Log.Stopped(_logger, aborted);
    }

    private void RaiseDescriptorLimit()
    {
        var limit = FileDescriptorLimit.RaiseToMaximum();
        if (configuration.MaxSessions > FileDescriptorLimit.DefaultMaxSessions)
        {
            Log.FewDescriptors(_logger, configuration.MaxSessions.Value, limit, FileDescriptorLimit.DefaultMaxSessions);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(9001, LogLevel.Information, "{Name} stands for {Tree}", EventName = "Union")]
        public static partial void Union(ILogger logger, DstPath name, NameTree tree);

        [LoggerMessage(9002, LogLevel.Information, "stopping: {Sessions} sessions, grace period {Grace}", EventName = "Stopping")]
        public static partial void Stopping(ILogger logger, int sessions, string grace);

        [LoggerMessage(9003, LogLevel.Information, "stopped; {Aborted} sessions were aborted", EventName = "Stopped")]
        public static partial void Stopped(ILogger logger, int aborted);

        [LoggerMessage(9004, LogLevel.Warning,
            "--max-sessions {MaxSessions} is more than the limit of {Limit} descriptors allows ({Fitting} sessions, see ulimit -n): clients may have to wait before it is reached",
            EventName = "FewDescriptors")]
        public static partial void FewDescriptors(ILogger logger, int maxSessions, int limit, int fitting);

        [LoggerMessage(9013, LogLevel.Warning, "{Problem}", EventName = "UnknownNamer")]
        public static partial void UnknownNamer(ILogger logger, string problem);

        [LoggerMessage(9028, LogLevel.Warning, "watchConfig has no effect: the process was started without a configuration file that can be read again", EventName = "NothingToWatch")]
        public static partial void NothingToWatch(ILogger logger);

        [LoggerMessage(9017, LogLevel.Warning, "--server-tls-insecure: the certificates of servers are not verified; anybody on the way can read and change everything", EventName = "ServersNotVerified")]
        public static partial void Unverified(ILogger logger);

        [LoggerMessage(9029, LogLevel.Information, "{File} has no admin, so that there is no admin server; the original has one on 127.0.0.1:9989 then", EventName = "NoAdmin")]
        public static partial void NoAdmin(ILogger logger, string file);
    }
}
