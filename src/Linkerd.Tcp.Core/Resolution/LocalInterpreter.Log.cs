using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

public sealed partial class LocalInterpreter
{
    private static partial class Log
    {
        [LoggerMessage(2050, LogLevel.Debug, "{Name} is {Resolution}", EventName = "NameResolved")]
        public static partial void Resolved(ILogger logger, DstPath name, Resolution resolution);

        [LoggerMessage(2051, LogLevel.Error, "A name that can never bind: {Problem}", EventName = "NameCannotBind")]
        public static partial void Unbindable(ILogger logger, string problem);
    }
}
