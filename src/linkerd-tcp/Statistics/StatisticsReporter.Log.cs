using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Statistics;

internal sealed partial class StatisticsReporter
{
    private static partial class Log
    {
        [LoggerMessage(9101, LogLevel.Information, "{Line}", EventName = "Statistics")]
        public static partial void Line(ILogger logger, string line);

        [LoggerMessage(9102, LogLevel.Warning, "A metric could not be read", EventName = "StatisticsFailed")]
        public static partial void Failed(ILogger logger, Exception error);
    }
}
