using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli;

/// <summary>The life of the process once the command line is understood: start, serve, drain.</summary>
internal sealed partial class ProxyRunner(ProxySettings settings, ILoggerFactory loggerFactory, TimeProvider timeProvider)
{
    private readonly ILogger _logger = loggerFactory.CreateLogger(LinkerdTcpTelemetry.MeterName);

    /// <summary>Runs until a signal asks for the end.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="TransportException">It cannot listen; the message says where and why.</exception>
    public async Task<int> RunAsync(TerminationSignals signals)
    {
        RaiseDescriptorLimit();
        using var meter = new Meter(LinkerdTcpTelemetry.MeterName);
        var statistics = settings.Stats == Timeout.InfiniteTimeSpan ? null : new StatisticsReporter(settings.Stats, loggerFactory, timeProvider);
        try
        {
            var composition = new Composition(settings, loggerFactory, meter, timeProvider);
            await using (composition.ConfigureAwait(false))
            {
                await ServeAsync(composition.Proxy, signals).ConfigureAwait(false);
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

    private async Task ServeAsync(TcpProxy proxy, TerminationSignals signals)
    {
        if (settings.Naming.Target is not NameTree.Leaf)
        {
            Log.Union(_logger, TargetName.Of(settings.Naming.Target), settings.Naming.Target);
        }

        foreach (var warning in settings.Naming.FindUnknownNamers())
        {
            Log.UnknownNamer(_logger, warning);
        }

        await proxy.StartAsync(signals.Drain).ConfigureAwait(false);
        using var trimmer = new MemoryTrimmer(proxy, timeProvider);
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (signals.Drain.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stop))
        {
            await stop.Task.ConfigureAwait(false);
        }

        Log.Stopping(_logger, proxy.ActiveSessions, DurationText.Print(settings.Grace));
        var aborted = await proxy.DrainAsync(settings.Grace, signals.Abort).ConfigureAwait(false);
        Log.Stopped(_logger, aborted);
    }

    private void RaiseDescriptorLimit()
    {
        var limit = DescriptorLimit.RaiseToMaximum();
        if (settings.MaxSessions > DescriptorLimit.DefaultMaxSessions)
        {
            Log.FewDescriptors(_logger, settings.MaxSessions.Value, limit, DescriptorLimit.DefaultMaxSessions);
        }
    }
}
