using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Naming.Namers;

internal sealed partial class InetNamer
{
    private static partial class Log
    {
        [LoggerMessage(2060, LogLevel.Debug, "{Name} has the addresses {Endpoints}", EventName = "HostAddresses")]
        public static partial void Addresses(ILogger logger, DstPath name, EndpointSet endpoints);

        [LoggerMessage(2061, LogLevel.Warning, "{Name}: host '{Host}' is not known", EventName = "HostUnknown")]
        public static partial void HostUnknown(ILogger logger, DstPath name, string host);

        [LoggerMessage(2062, LogLevel.Warning, "{Name}: {Error}; next try in {Delay:0.0} s", EventName = "HostLookupFailed")]
        public static partial void LookupFailed(ILogger logger, DstPath name, string error, double delay);

        [LoggerMessage(2063, LogLevel.Information, "{Name}: the host resolves again", EventName = "HostResolvesAgain")]
        public static partial void Recovered(ILogger logger, DstPath name);

        [LoggerMessage(2064, LogLevel.Warning, "{Name}: {Error}; next try in {Delay:0.0} s; {Suppressed} more such failures before this one", EventName = "HostLookupStillFailing")]
        public static partial void LookupStillFailing(ILogger logger, DstPath name, string error, double delay, int suppressed);
    }
}
