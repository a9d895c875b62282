using System.Diagnostics;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// Counts the time for which an event loop is busy, and its longest turn, which is the longest time that an event had to wait. Written by the loop; read by any thread.
/// A window of the longest turn has ended before it counts, so that it is visible to each of several readers, for 15 to 30 s.
/// </summary>
internal struct LoopLoad
{
    private static readonly long Window = 15 * Stopwatch.Frequency;

    private long _since;
    private long _busy;
    private long _longest;
    private long _longestBefore;
    private long _windowEnd;

    /// <summary>Gets the time since which the loop has been busy without a wait for events; 0 if it is waiting.</summary>
    public readonly long BusySince => Volatile.Read(in _since);

    /// <summary>Gets the time for which the loop has been busy without a wait for events; zero if it is waiting.</summary>
    public readonly TimeSpan BusyNow => BusySince is var since and not 0 ? Stopwatch.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>Gets the time for which the loop has been busy.</summary>
    public readonly TimeSpan Busy => Stopwatch.GetElapsedTime(0, Volatile.Read(in _busy));

    /// <summary>Begins a turn. On the loop.</summary>
    public void Begin(long now) => Volatile.Write(ref _since, now);

    /// <summary>Ends a turn. On the loop.</summary>
    /// <returns>The time.</returns>
    public long End() => End(Stopwatch.GetTimestamp());

    /// <inheritdoc cref="End()"/>
    internal long End(long now)
    {
        var turn = _since == 0 ? 0 : now - _since;
        Volatile.Write(ref _busy, _busy + turn);
        if (now >= _windowEnd)
        {
            Volatile.Write(ref _longestBefore, now < _windowEnd + Window ? _longest : 0);
            Volatile.Write(ref _longest, 0);
            Volatile.Write(ref _windowEnd, now + Window);
        }

        if (turn > _longest)
        {
            Volatile.Write(ref _longest, turn);
        }

        Volatile.Write(ref _since, 0);
        return now;
    }

    /// <summary>Gets the longest turn of the last 15 to 30 s, the one that goes on included.</summary>
    public readonly TimeSpan Longest(long now)
    {
        // A loop that waits begins no windows.
        var end = Volatile.Read(in _windowEnd);
        var ended = now < end ? Math.Max(Volatile.Read(in _longest), Volatile.Read(in _longestBefore)) : now < end + Window ? Volatile.Read(in _longest) : 0;
        var since = BusySince;
        return Stopwatch.GetElapsedTime(0, Math.Max(ended, since == 0 ? 0 : now - since));
    }
}
