using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming.Files;

internal sealed partial class FileTreeWatch
{
    private static partial class Log
    {
        [LoggerMessage(2085, LogLevel.Warning, "The directory {Directory} cannot be watched ({Error}): its files are looked at every {Interval:0.###} s instead", EventName = "FileWatchFailed")]
        public static partial void WatchFailed(ILogger logger, string directory, string error, double interval);
    }
}
