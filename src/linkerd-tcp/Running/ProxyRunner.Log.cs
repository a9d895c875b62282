using System.Net;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli;

internal sealed partial class ProxyRunner
{
    private static partial class Log
    {
        [LoggerMessage(9001, LogLevel.Information, "Listening on {EndPoint} for {Name}, resolved by {Resolver}", EventName = "Listening")]
        public static partial void Listening(ILogger logger, EndPoint endPoint, NameTree name, string resolver);

        [LoggerMessage(9002, LogLevel.Information, "Stopping: {Sessions} sessions have {Grace} to finish", EventName = "Draining")]
        public static partial void Draining(ILogger logger, int sessions, string grace);

        [LoggerMessage(9003, LogLevel.Information, "Stopped; {Aborted} sessions were aborted", EventName = "Stopped")]
        public static partial void Stopped(ILogger logger, int aborted);

        [LoggerMessage(9004, LogLevel.Error, "Cannot start: {Reason}", EventName = "CannotStart")]
        public static partial void CannotStart(ILogger logger, string reason);
    }
}
