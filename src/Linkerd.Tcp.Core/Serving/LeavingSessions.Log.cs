using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

internal sealed partial class LeavingSessions
{
    private static partial class Log
    {
        [LoggerMessage(4006, LogLevel.Information, "{Sessions} sessions ended, as their endpoints are down, or were drained or removed for long enough", EventName = "LeavingEnded")]
        public static partial void Ended(ILogger logger, int sessions);

        [LoggerMessage(4009, LogLevel.Error, "ending the sessions of endpoints that leave threw; it is tried again", EventName = "LeavingThrew")]
        public static partial void Threw(ILogger logger, Exception error);
    }
}
