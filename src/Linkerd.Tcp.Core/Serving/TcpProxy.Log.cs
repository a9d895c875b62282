using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

public sealed partial class TcpProxy
{
    private static partial class Log
    {
        [LoggerMessage(4002, LogLevel.Information, "draining: {Sessions} sessions have {Grace} s to finish", EventName = "Draining")]
        public static partial void Draining(ILogger logger, int sessions, double grace);

        [LoggerMessage(4003, LogLevel.Warning, "{Sessions} sessions aborted", EventName = "Aborted")]
        public static partial void Aborted(ILogger logger, int sessions);

        [LoggerMessage(4004, LogLevel.Error, "{Sessions} sessions have not ended {Patience} s after they were aborted", EventName = "Stuck")]
        public static partial void Stuck(ILogger logger, int sessions, double patience);

        [LoggerMessage(4012, LogLevel.Information, "new options: {Added} listeners added, {Kept} kept, {Removed} removed; up to {MaxSessions} sessions", EventName = "OptionsChanged")]
        public static partial void Changed(ILogger logger, int added, int kept, int removed, int maxSessions);
    }
}
