using Linkerd.Tcp.Hosting;

namespace Linkerd.Tcp.Cli.Running;

/// <summary>
/// Gives memory back after a crowd has left: the memory of thousands of sessions would otherwise stay resident until the next collection, which an idle
/// proxy never needs. The collection stops the process for some milliseconds, at a time when most of the sessions that it could delay are gone.
/// </summary>
internal sealed class MemoryTrimmer : IDisposable
{
    // Less than 2 MB is not worth it.
    private const int Crowd = 1000;

    // Thousands can connect, be served and be gone within two seconds.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    private readonly ProxyHost _proxy;
    private readonly ITimer _timer;
    private int _most;

    public MemoryTrimmer(ProxyHost proxy, TimeProvider timeProvider)
    {
        _proxy = proxy;
        _timer = timeProvider.CreateTimer(static trimmer => ((MemoryTrimmer)trimmer!).Look(), this, Interval, Interval);
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var sessions = _proxy.ActiveSessions;
        _most = Math.Max(_most, sessions);
        if (_most - sessions >= Crowd && sessions <= _most / 4)
        {
            _most = sessions;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
