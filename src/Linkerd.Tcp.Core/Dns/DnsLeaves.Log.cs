using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Dns;

internal sealed partial class DnsLeaves
{
    private static partial class Log
    {
        [LoggerMessage(2090, LogLevel.Debug, "{Name} is {State}; asked again in {Delay:0.###} s", EventName = "DnsAnswered")]
        public static partial void Answered(ILogger logger, DstPath name, Resolution state, double delay);

        [LoggerMessage(2091, LogLevel.Warning, "{Name}: {Error}; next try in {Delay:0.0} s; {Suppressed} more such failures before this one", EventName = "DnsLookupFailed")]
        public static partial void Failed(ILogger logger, DstPath name, string error, double delay, int suppressed);
    }
}
