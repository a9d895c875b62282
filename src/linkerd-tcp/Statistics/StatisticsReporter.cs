using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Statistics;

/// <summary>Implements <c>--stats</c>: logs a summary of all metrics at each interval, and a last one when it is disposed.</summary>
internal sealed partial class StatisticsReporter : IAsyncDisposable
{
    private readonly MetricsSummary _summary;
    private readonly PeriodicTimer _timer;
    private readonly ILogger _logger;
    private readonly Task _reporting;

    /// <summary>Starts; to be made before the instruments measure anything that is to be counted.</summary>
    public StatisticsReporter(TimeSpan interval, ILoggerFactory loggerFactory, TimeProvider timeProvider)
    {
        _summary = new MetricsSummary(timeProvider);
        _timer = new PeriodicTimer(interval, timeProvider);
        _logger = loggerFactory.CreateLogger("Linkerd.Tcp.Statistics");
        _reporting = ReportAsync();
    }

    /// <summary>Gets or sets the time between two summaries.</summary>
    public TimeSpan Interval
    {
        get => _timer.Period;
        set => _timer.Period = value;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _reporting.ConfigureAwait(false);
        Report();
        _summary.Dispose();
    }

    private async Task ReportAsync()
    {
        while (await _timer.WaitForNextTickAsync().ConfigureAwait(false))
        {
            Report();
        }
    }

    private void Report()
    {
        try
        {
            foreach (var line in _summary.Report())
            {
                Log.Line(_logger, line);
            }
        }
        catch (AggregateException error)
        {
            Log.Failed(_logger, error);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(9101, LogLevel.Information, "{Line}", EventName = "Statistics")]
        public static partial void Line(ILogger logger, string line);

        [LoggerMessage(9102, LogLevel.Warning, "A metric could not be read", EventName = "StatisticsFailed")]
        public static partial void Failed(ILogger logger, Exception error);
    }
}
