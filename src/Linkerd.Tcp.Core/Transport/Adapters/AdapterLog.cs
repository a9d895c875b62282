using Linkerd.Tcp.Infrastructure;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Transport.Adapters;

/// <summary>Logs the exceptions of streams and pipes under connections that do not come from a peer's end. Shared by the copies of one proxy. Any thread.</summary>
internal sealed partial class AdapterLog(ILogger logger, TimeProvider timeProvider)
{
    // Every peer may cause it.
    private readonly RepeatFilter _filter = new(timeProvider);

    /// <summary>The logger for other messages of its connections.</summary>
    public ILogger Logger => logger;

    public void Threw(string type, Exception error)
    {
        if (_filter.TryPass(out var suppressed))
        {
            Threw(logger, error, type, suppressed);
        }
    }

    [LoggerMessage(5014, LogLevel.Error, "{Type} threw something other than the end of its peer; its copy ends ({Suppressed} like this not shown)", EventName = "AdapterThrew")]
    private static partial void Threw(ILogger logger, Exception error, string type, int suppressed);
}
