using Linkerd.Tcp.Naming;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Cli.Running;

internal sealed partial class ProxyRunner
{
    private static partial class Log
    {
        [LoggerMessage(9001, LogLevel.Information, "{Name} stands for {Tree}", EventName = "Union")]
        public static partial void Union(ILogger logger, DstPath name, NameTree tree);

        [LoggerMessage(9002, LogLevel.Information, "stopping: {Sessions} sessions, grace period {Grace}", EventName = "Stopping")]
        public static partial void Stopping(ILogger logger, int sessions, string grace);

        [LoggerMessage(9003, LogLevel.Information, "stopped; {Aborted} sessions were aborted", EventName = "Stopped")]
        public static partial void Stopped(ILogger logger, int aborted);

        [LoggerMessage(9004, LogLevel.Warning,
            "--max-sessions {MaxSessions} is more than the limit of {Limit} descriptors allows ({Fitting} sessions, see ulimit -n): clients may have to wait before it is reached",
            EventName = "FewDescriptors")]
        public static partial void FewDescriptors(ILogger logger, int maxSessions, int limit, int fitting);

        [LoggerMessage(9013, LogLevel.Warning, "{Problem}", EventName = "UnknownNamer")]
        public static partial void UnknownNamer(ILogger logger, string problem);
    }
}
