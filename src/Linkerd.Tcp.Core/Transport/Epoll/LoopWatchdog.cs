using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// Looks at the loops twice within the time allowed, and logs one that has been busy for longer without looking for events: then user code
/// blocks it, and with it every connection that lives there.
/// </summary>
internal sealed partial class LoopWatchdog : IDisposable
{
    private readonly IReadOnlyList<EpollLoop> _loops;
    private readonly TimeSpan _allowed;
    private readonly ILogger _logger;
    private readonly long[] _reported;
    private readonly Timer _timer;

    public LoopWatchdog(IReadOnlyList<EpollLoop> loops, TimeSpan allowed, ILogger logger)
    {
        _loops = loops;
        _allowed = allowed;
        _logger = logger;
        _reported = new long[loops.Count];
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = new Timer(static watchdog => ((LoopWatchdog)watchdog!).Look(), this, allowed / 2, allowed / 2);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        for (var i = 0; i < _loops.Count; i++)
        {
            var since = _loops[i].Load.BusySince;
            if (_reported[i] != 0 && since != _reported[i])
            {
                Log.Recovered(_logger, i);
                _reported[i] = 0;
            }

            if (since != 0 && since != _reported[i] && Stopwatch.GetElapsedTime(since) is var busy && busy >= _allowed)
            {
                _reported[i] = since;
                Log.Stuck(_logger, i, busy.TotalSeconds, _loops[i].Connections);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5020, LogLevel.Warning,
            "event loop {Loop} has been stuck for {Seconds:0.0} s, and with it {Connections} connections: code that runs on a loop, such as a balancer or a connection handler, must not block",
            EventName = "LoopStuck")]
        public static partial void Stuck(ILogger logger, int loop, double seconds, int connections);

        [LoggerMessage(5021, LogLevel.Warning, "event loop {Loop} goes on", EventName = "LoopRecovered")]
        public static partial void Recovered(ILogger logger, int loop);
    }
}
