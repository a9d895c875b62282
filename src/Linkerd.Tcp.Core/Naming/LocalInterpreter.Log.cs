using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming;

public sealed partial class LocalInterpreter
{
    private static partial class Log
    {
        [LoggerMessage(2050, LogLevel.Debug, "{Name} is {Binding}", EventName = "NameBound")]
        public static partial void Binding(ILogger logger, DstPath name, NameBinding binding);

        [LoggerMessage(2051, LogLevel.Warning, "{Name} cannot be bound: {Error}", EventName = "NameCannotBind")]
        public static partial void BindingFailed(ILogger logger, DstPath name, string error);
    }
}
