using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>
/// Gives memory back after the start, after a crowd has left, and while the process is idle: what is garbage would otherwise stay resident until the next collection, which an idle proxy never needs.
/// The collection stops the process for some milliseconds, at a time when few sessions are there to be delayed, or those that are there have next to nothing to do.
/// </summary>
internal sealed class MemoryTrimmer : IDisposable
{
    /// <summary>Thousands can connect, be served and be gone within two seconds.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly ProxyHost _proxy;
    private readonly ITimer _timer;
    private TrimDecision _decision = new();

    public MemoryTrimmer(ProxyHost proxy, TimeProvider timeProvider)
    {
        _proxy = proxy;
        _timer = timeProvider.CreateTimer(static trimmer => ((MemoryTrimmer)trimmer!).Look(), this, Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (_decision.IsDue(_proxy.ActiveSessions, GC.GetTotalAllocatedBytes(), Environment.CpuUsage.TotalTime))
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            ExecutablePages.Unmap();
        }
    }
}

/// <summary>Decides in each interval whether memory is given back.</summary>
internal struct TrimDecision()
{
    // Less than 2 MB is not worth it.
    private const int Crowd = 1000;
    private const long Garbage = 2 << 20;

    // With more sessions the collection takes longer: 2 KB of garbage for each, none if it would take too long, and the process must be using less than 1 % of a processor.
    private const int TooMany = 10 * Crowd;
    private const long GarbageOfSession = 2 << 10;
    private const double Quiet = 0.01;

    // In an interval: about 30 sessions.
    private const long Idle = 32 << 10;

    private int _most;
    private long _allocated;
    private long _allocatedAtTrim = -Garbage;
    private TimeSpan _processorTime;

    /// <summary>Called once in each interval.</summary>
    /// <param name="sessions">The number of sessions.</param>
    /// <param name="allocated">The number of bytes that were allocated since the start.</param>
    /// <param name="processorTime">The processor time since the start.</param>
    public bool IsDue(int sessions, long allocated, TimeSpan processorTime)
    {
        _most = Math.Max(_most, sessions);
        var hasCrowdLeft = _most - sessions >= Crowd && sessions <= _most / 4;
        var isQuiet = sessions < Crowd || (sessions < TooMany && processorTime - _processorTime < MemoryTrimmer.Interval * Quiet);
        var isIdle = isQuiet && allocated - _allocated < Idle;
        (_allocated, _processorTime) = (allocated, processorTime);
        if (!hasCrowdLeft && !(isIdle && allocated - _allocatedAtTrim >= Math.Max(Garbage, sessions * GarbageOfSession)))
        {
            return false;
        }

        (_most, _allocatedAtTrim) = (sessions, allocated);
        return true;
    }
}
