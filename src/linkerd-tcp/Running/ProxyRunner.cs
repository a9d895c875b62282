using System.Diagnostics.Metrics;
using Linkerd.Tcp.Cli.Configuration;
using Linkerd.Tcp.Cli.Naming;
using Linkerd.Tcp.Cli.Primitives;
using Linkerd.Tcp.Cli.Statistics;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Naming;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>The life of the process once the command line is understood: start, serve, drain.</summary>
internal sealed partial class ProxyRunner(ProxyConfiguration configuration, ConfigurationReading? file, ILoggerFactory loggerFactory, TimeProvider timeProvider)
{
    private readonly ILogger _logger = loggerFactory.CreateLogger(LinkerdTcpTelemetry.MeterName);

    /// <summary>Runs until a signal requests the end.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="TransportException">It cannot listen; the message contains the address and the reason.</exception>
    public async Task<int> RunAsync(TerminationSignals signals)
    {
        RaiseDescriptorLimit();
        using var meter = new Meter(LinkerdTcpTelemetry.MeterName);
        var statistics = configuration.StatsInterval == Timeout.InfiniteTimeSpan ? null : new StatisticsReporter(configuration.StatsInterval, loggerFactory, timeProvider);
        try
        {
            var host = new ProxyHost(configuration, NamerdKinds.Table, loggerFactory, meter, timeProvider);
            await using (host.ConfigureAwait(false))
            {
                await ServeAsync(host, signals).ConfigureAwait(false);
            }

            return ExitCode.Success;
        }
        catch (OperationCanceledException) when (signals.Drain.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
        finally
        {
            if (statistics is not null)
            {
                await statistics.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(ProxyHost proxy, TerminationSignals signals)
    {
        if (file?.Has("admin") == false)
        {
            Log.NoAdmin(_logger, file.File);
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

        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reload = () => Reload(proxy, started.Task);
        signals.Reload += reload;
        try
        {
            await proxy.StartAsync(signals.Drain).ConfigureAwait(false);
            started.SetResult();
            await ServeToEndAsync(proxy, signals).ConfigureAwait(false);
        }
        finally
        {
            signals.Reload -= reload;
        }
    }

    private async Task ServeToEndAsync(ProxyHost proxy, TerminationSignals signals)
    {
        using var trimmer = new MemoryTrimmer(proxy, timeProvider);
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (signals.Drain.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stop))
        {
            await stop.Task.ConfigureAwait(false);
        }

        Log.Stopping(_logger, proxy.ActiveSessions, OptionTypes.Duration().PrintArgument(configuration.Grace)!);
        var aborted = await proxy.DrainAsync(configuration.Grace, signals.Abort).ConfigureAwait(false);
        Log.Stopped(_logger, aborted);
    }

    private void Reload(ProxyHost proxy, Task started)
    {
        if (proxy.HasCertificates)
        {
            _ = ReloadAsync(proxy, started);
        }
        else
        {
            Log.NothingToReload(_logger);
        }
    }

    private async Task ReloadAsync(ProxyHost proxy, Task started)
    {
        await started.ConfigureAwait(false);
        var problems = await proxy.ReloadCertificatesAsync().ConfigureAwait(false);
        if (problems.Count == 0)
        {
            Log.Reloaded(_logger);
        }
        else
        {
            Log.NotReloaded(_logger, problems.Count, string.Join("; ", problems));
        }
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

        [LoggerMessage(9014, LogLevel.Information, "all certificates were read again (SIGHUP); new handshakes use them", EventName = "CertificatesReloaded")]
        public static partial void Reloaded(ILogger logger);

        [LoggerMessage(9015, LogLevel.Error, "certificates were read again (SIGHUP), and {Count} cannot be used, so that those before them stay in use: {Problems}", EventName = "CertificatesNotReloaded")]
        public static partial void NotReloaded(ILogger logger, int count, string problems);

        [LoggerMessage(9017, LogLevel.Warning, "--server-tls-insecure: the certificates of servers are not verified; anybody on the way can read and change everything", EventName = "ServersNotVerified")]
        public static partial void Unverified(ILogger logger);

        [LoggerMessage(9040, LogLevel.Information, "{File} has no admin, so that there is no admin server; the original has one on 127.0.0.1:9989 then", EventName = "NoAdmin")]
        public static partial void NoAdmin(ILogger logger, string file);

        [LoggerMessage(9016, LogLevel.Warning, "there are no certificates to read again, so that SIGHUP means nothing here, and is ignored; SIGTERM stops the proxy", EventName = "NothingToReload")]
        public static partial void NothingToReload(ILogger logger);
    }
}
