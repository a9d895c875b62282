using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli;

/// <summary>The life of the process once the command line is understood: start, serve, drain.</summary>
internal sealed partial class ProxyRunner(ProxySettings settings, ILoggerFactory loggerFactory, TimeProvider timeProvider)
{
    private readonly ILogger _logger = loggerFactory.CreateLogger(LinkerdTcpTelemetry.MeterName);

    /// <summary>Runs until a signal asks for the end.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(TerminationSignals signals)
    {
        using var meter = new Meter(LinkerdTcpTelemetry.MeterName);
        var statistics = settings.Stats == Timeout.InfiniteTimeSpan ? null : new StatisticsReporter(settings.Stats, loggerFactory, timeProvider);
        try
        {
            return await ServeAsync(meter, signals).ConfigureAwait(false);
        }
        catch (TransportException error)
        {
            Log.CannotStart(_logger, error.Message);
            return ExitCode.Failure;
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

    private async Task<int> ServeAsync(Meter meter, TerminationSignals signals)
    {
        var composition = Composition.Build(settings, loggerFactory, meter, timeProvider);
        await using var composed = composition.ConfigureAwait(false);
        var proxy = composition.Proxy;
        await proxy.StartAsync(signals.Drain).ConfigureAwait(false);
        foreach (var endPoint in proxy.LocalEndPoints)
        {
            Log.Listening(_logger, endPoint, settings.Target.Tree, composition.Resolver);
        }

        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using (signals.Drain.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), stop))
        {
            await stop.Task.ConfigureAwait(false);
        }

        Log.Draining(_logger, proxy.ActiveSessions, DurationText.Print(settings.Grace));
        var aborted = await proxy.DrainAsync(settings.Grace, signals.Abort).ConfigureAwait(false);
        Log.Stopped(_logger, aborted);
        return ExitCode.Success;
    }
}
