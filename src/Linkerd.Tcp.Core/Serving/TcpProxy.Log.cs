using System.Net;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

public sealed partial class TcpProxy
{
    private static partial class Log
    {
        [LoggerMessage(4000, LogLevel.Information, "listening on {LocalEndPoint} for {Name}, resolved by {Resolver}, up to {MaxSessions} sessions", EventName = "Listening")]
        public static partial void Listening(ILogger logger, EndPoint localEndPoint, DstPath name, IResolver resolver, int maxSessions);

        [LoggerMessage(4010, LogLevel.Information, "listening on {LocalEndPoint}, where each session is given a name of its own, up to {MaxSessions} sessions", EventName = "ListeningForRoutes")]
        public static partial void ListeningForRoutes(ILogger logger, EndPoint localEndPoint, int maxSessions);

        [LoggerMessage(4002, LogLevel.Information, "draining: {Sessions} sessions have {Grace} s to finish", EventName = "Draining")]
        public static partial void Draining(ILogger logger, int sessions, double grace);

        [LoggerMessage(4003, LogLevel.Warning, "{Sessions} sessions aborted", EventName = "Aborted")]
        public static partial void Aborted(ILogger logger, int sessions);

        [LoggerMessage(4004, LogLevel.Error, "{Sessions} sessions have not ended {Patience} s after they were aborted", EventName = "Stuck")]
        public static partial void Stuck(ILogger logger, int sessions, double patience);

        [LoggerMessage(4008, LogLevel.Error, "the listener on {LocalEndPoint} threw when it was stopped", EventName = "StopThrew")]
        public static partial void StopThrew(ILogger logger, Exception error, EndPoint localEndPoint);
    }
}
