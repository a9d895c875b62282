using System.Net;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

internal sealed partial class SessionAcceptor
{
    private static partial class Log
    {
        [LoggerMessage(4001, LogLevel.Warning, "{Error}; trying again in {RetryAfter} ms ({Suppressed} like this not shown)", EventName = "AcceptFailed")]
        public static partial void AcceptFailed(ILogger logger, string error, double retryAfter, int suppressed);

        [LoggerMessage(4005, LogLevel.Warning, "{Client} to {Name} was refused: {Refusal} ({Suppressed} like this not shown)", EventName = "Refused")]
        public static partial void Refused(ILogger logger, EndPoint? client, DstPath name, string refusal, int suppressed);

        [LoggerMessage(4007, LogLevel.Error, "a connection to {Name} could not be accepted, as something of it threw; it is reset", EventName = "AcceptThrew")]
        public static partial void AcceptThrew(ILogger logger, Exception error, DstPath name);
    }
}
