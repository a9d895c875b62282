using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming.Files;

internal sealed partial class FileTree
{
    private static partial class Log
    {
        [LoggerMessage(2080, LogLevel.Debug, "{File}: {Count} addresses", EventName = "FileApplied")]
        public static partial void Applied(ILogger logger, string file, int count);

        [LoggerMessage(2081, LogLevel.Warning, "{File}, line {Line}: {Error}; its last good addresses stay", EventName = "FileMalformed")]
        public static partial void Malformed(ILogger logger, string file, int line, string error);

        [LoggerMessage(2082, LogLevel.Warning, "{File}: {Error}; its last good addresses stay", EventName = "FileCannotBeRead")]
        public static partial void CannotRead(ILogger logger, string file, string error);

        [LoggerMessage(2083, LogLevel.Debug, "{File}: {Kind}", EventName = "FilePlaceChanged")]
        public static partial void Place(ILogger logger, string file, FileKind kind);

        [LoggerMessage(2084, LogLevel.Warning, "The directory {Directory} does not exist: its names are negative until it does", EventName = "FileDirectoryMissing")]
        public static partial void DirectoryMissing(ILogger logger, string directory);
    }
}
