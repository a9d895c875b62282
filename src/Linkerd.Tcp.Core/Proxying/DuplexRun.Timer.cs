using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Proxying;

// All time limits of a copy on the one timer of its client connection. Activity does not touch the timer: when it fires, it looks at
// what has happened since, and arms itself for what is left.
internal sealed partial class DuplexRun : ITimerHandler
{
    private static readonly TimeSpan BlockedCheck = TimeSpan.FromSeconds(1);

    private long _clientSpokeAt;
    private bool _timerStopped;

    // When bytes had last moved as the last exception was made; -1: none was.
    private long _sparedAt = -1;
    private volatile bool _watchingBlocked;

    private long LastMoved => Math.Max(_up.LastMoved, _down.LastMoved);

    // Not a silence: it holds, whatever comes.
    private CloseReason Aged => new(ClosedBy.Proxy, Phase, timedOut: true);

    void ITimerHandler.OnTimer()
    {
        try
        {
            Reschedule(isTime: true);
        }
        catch (Exception error)
        {
            // Nobody is behind a timer to catch it.
            Fail(error);
        }
    }

    private void StartTimer()
    {
        if (_options.IdleTimeout != Timeout.InfiniteTimeSpan || _lifetime != Timeout.InfiniteTimeSpan)
        {
            Reschedule();
        }
    }

    /// <summary>The client's first bytes are here, or about to be handed to the server: its time to answer begins. Not asked for where that is not limited.</summary>
    public void OnFirstFromClient(long now)
    {
        Volatile.Write(ref _clientSpokeAt, now);
        Reschedule();
    }

    private void StopTimer()
    {
        lock (_up)
        {
            _timerStopped = true;
            _client.Deadline.Disarm();
        }
    }

    /// <summary>A blocked direction does not read, so it does not notice that its source is gone: ask, once a second.</summary>
    public void WatchBlocked()
    {
        // Either this sees that nobody watches, or Reschedule sees the direction blocked: both put a fence between their write and their read.
        Interlocked.MemoryBarrier();
        if (!_watchingBlocked)
        {
            Reschedule();
        }
    }

    /// <summary>Looks at the limits, and arms the timer for the next one.</summary>
    /// <param name="isTime">
    /// Whether one that is over ends the copy. Only the timer does that: who is in the middle of an event does not know what else has come.
    /// </param>
    private void Reschedule(bool isTime = false)
    {
        CloseReason? due;
        lock (_up)
        {
            if (_timerStopped)
            {
                return;
            }

            due = Classify(_clock.GetTimestamp(), out var next);
            if (due is not null && isTime && LastMoved != _sparedAt)
            {
                if (IsSpared())
                {
                    due = Classify(_clock.GetTimestamp(), out next);
                }
                else if (-next > TransportTimer.LateMoment && due != Aged && _client.Deadline.MayOvertakeReceives)
                {
                    _sparedAt = LastMoved;
                    (due, next) = (null, TransportTimer.LateMoment);
                }
            }

            if (due is not null && !isTime)
            {
                (due, next) = (null, TimeSpan.Zero);
            }

            if (due is null && next != TimeSpan.MaxValue)
            {
                _client.Deadline.Arm(next, this);
            }
        }

        if (due is { } reason)
        {
            EndNow(reason);
        }
    }

    /// <summary>
    /// Whether bytes are on their way that no relay has been told of, though a timer has: the process was stopped, or is short of processor time. They count
    /// as moved now, once; if nothing has moved when the next limit is over, it holds.
    /// </summary>
    private bool IsSpared()
    {
        var (up, down) = (_up.IsAboutToMove, _down.IsAboutToMove);
        if (!up && !down)
        {
            return false;
        }

        var now = _clock.GetTimestamp();
        _sparedAt = now;
        Spare(_up, up, now);
        Spare(_down, down, now);
        if (down && Volatile.Read(ref _clientSpokeAt) != 0)
        {
            Volatile.Write(ref _clientSpokeAt, now);
        }

        return true;
    }

    private static void Spare(HalfDuplex half, bool isAboutToMove, long now)
    {
        if (isAboutToMove)
        {
            half.RecordMoving(now);
            half.SourceGoneAt = half.SourceGoneAt == 0 ? 0 : now;
        }
    }

    /// <param name="now">The time of the judgement.</param>
    /// <param name="next">The time until the next limit; zero or less, if one is over: since then.</param>
    /// <returns>Why the copy is to end; null: it is not.</returns>
    private CloseReason? Classify(long now, out TimeSpan next)
    {
        next = TimeSpan.MaxValue;
        CloseReason? due = null;
        if (_lifetime != Timeout.InfiniteTimeSpan)
        {
            Consider(_startedAt, _lifetime, now, Aged, ref next, ref due);
        }

        if (_options.IdleTimeout != Timeout.InfiniteTimeSpan)
        {
            // Who has been silent for longer is the one that was waited for.
            var silent = _up.LastReceived <= _down.LastReceived ? ClosedBy.Client : ClosedBy.Server;
            Consider(LastMoved, _options.IdleTimeout, now, new(silent, Phase, timedOut: true), ref next, ref due);
        }

        if (Volatile.Read(ref _clientSpokeAt) is var spokeAt and not 0 && _down.Received == 0 && !_down.Ended)
        {
            Consider(spokeAt, _options.FirstByteTimeout, now, new(ClosedBy.Server, Phase, timedOut: true), ref next, ref due);
        }

        if (_options.HalfCloseTimeout != Timeout.InfiniteTimeSpan)
        {
            ConsiderHalfClose(now, ref next, ref due);
        }

        _watchingBlocked = false;
        Interlocked.MemoryBarrier();
        ConsiderBlocked(_up, now, ref next, ref due);
        ConsiderBlocked(_down, now, ref next, ref due);
        return due;
    }

    private void ConsiderHalfClose(long now, ref TimeSpan next, ref CloseReason? due)
    {
        if (_up.Ended == _down.Ended)
        {
            // Both open: no limit yet. Both ended: a RST is waiting to be passed on, within the limit since the last one ended.
            if (_up.Ended)
            {
                Consider(Math.Max(_up.EndedAt, _down.EndedAt), _options.HalfCloseTimeout, now, CloseReason.Normal, ref next, ref due);
            }

            return;
        }

        var (ended, open) = _up.Ended ? (_up, _down) : (_down, _up);
        var since = Math.Max(ended.EndedAt, open.LastMoved);
        Consider(since, _options.HalfCloseTimeout, now, new(open.SourceSide, ClosePhase.Last, timedOut: true), ref next, ref due);
    }

    private void ConsiderBlocked(HalfDuplex half, long now, ref TimeSpan next, ref CloseReason? due)
    {
        if (!half.Blocked)
        {
            half.SourceGoneAt = 0;
            return;
        }

        _watchingBlocked = true;
        if (half.SourceGoneAt == 0 && half.Source.IsReset)
        {
            half.SourceGoneAt = now;
        }

        if (half.SourceGoneAt == 0)
        {
            next = next < BlockedCheck ? next : BlockedCheck;
        }
        else if (_options.HalfCloseTimeout != Timeout.InfiniteTimeSpan)
        {
            Consider(half.SourceGoneAt, _options.HalfCloseTimeout, now, new(half.SourceSide, Phase), ref next, ref due);
        }
    }

    private void Consider(long since, TimeSpan limit, long now, CloseReason reason, ref TimeSpan next, ref CloseReason? due)
    {
        var left = limit - _clock.GetElapsedTime(since, now);
        if (left <= TimeSpan.Zero)
        {
            (due, next) = due is null ? (reason, left) : (due, next);
        }
        else if (left < next)
        {
            next = left;
        }
    }
}
