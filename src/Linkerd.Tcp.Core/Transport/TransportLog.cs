using System.Net;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Transport;

/// <summary>Log messages of engines about the code that they call, which may be user code.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(5010, LogLevel.Error, "the handler of connections accepted on {Listener} threw; the connection is reset, and its place is free ({Suppressed} like this not shown)",
        EventName = "AcceptHandlerThrew")]
    public static partial void AcceptHandlerThrew(ILogger logger, Exception error, EndPoint listener, int suppressed);

    [LoggerMessage(5011, LogLevel.Error, "the handler of a connection's timer threw; the connection is reset", EventName = "TimerHandlerThrew")]
    public static partial void TimerHandlerThrew(ILogger logger, Exception error);

    [LoggerMessage(5012, LogLevel.Error, "something that was posted to an engine threw", EventName = "PostedThrew")]
    public static partial void WorkThrew(ILogger logger, Exception error);

    [LoggerMessage(5013, LogLevel.Error, "the handler of {Listener} threw when it was told that accepting failed; accepting is tried again", EventName = "AcceptFailedHandlerThrew")]
    public static partial void AcceptFailedHandlerThrew(ILogger logger, Exception error, EndPoint listener);
}
