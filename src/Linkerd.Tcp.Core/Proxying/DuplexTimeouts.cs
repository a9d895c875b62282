using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Proxying;

/// <summary>
/// All time limits of a copy on the one timer of its client connection. Activity does not touch the timer: when it fires, it looks at what has happened since, and arms itself
/// for what is left. Part of its <see cref="DuplexRun"/>: not to be copied.
/// </summary>
internal struct DuplexTimeouts()
{
    private static readonly TimeSpan BlockedCheck = TimeSpan.FromSeconds(1);

    // When bytes had last moved as the last exception was made; -1: none was.
    private long _sparedAt = -1;
    private long _clientSpokeAt;
    private bool _isStopped;
    private volatile bool _watchingBlocked;

    /// <summary>Begins to look at the limits.</summary>
    public void Start(DuplexRun run)
    {
        if (run.Options.IdleTimeout != Timeout.InfiniteTimeSpan || run.Lifetime != Timeout.InfiniteTimeSpan)
        {
            Reschedule(run);
        }
    }

    /// <summary>The client's first bytes are here, or about to be handed to the server: its time to answer begins. Not asked for where that is not limited.</summary>
    public void OnFirstFromClient(DuplexRun run, long now)
    {
        Volatile.Write(ref _clientSpokeAt, now);
        Reschedule(run);
    }

    /// <summary>Ends the looks at the limits.</summary>
    public void Stop(DuplexRun run)
    {
        lock (run.Up)
        {
            _isStopped = true;
            run.Client.Deadline.Disarm();
        }
    }

    /// <summary>A blocked direction does not read, so it does not notice that its source is gone: ask, once a second.</summary>
    public void WatchBlocked(DuplexRun run)
    {
        // Either this sees that no watch runs, or Reschedule sees the direction blocked: both put a fence between their write and their read.
        Interlocked.MemoryBarrier();
        if (!_watchingBlocked)
        {
            Reschedule(run);
        }
    }

    /// <summary>Looks at the limits, and arms the timer for the next one.</summary>
    /// <param name="run">The copy.</param>
    /// <param name="isTime">
    /// True if a limit that is over ends the copy. Only the timer sets it: in the middle of an event it is not known what else has come.
    /// </param>
    public void Reschedule(DuplexRun run, bool isTime = false)
    {
        CloseReason? due;
        lock (run.Up)
        {
            if (_isStopped)
            {
                return;
            }

            due = Classify(run, run.Clock.GetTimestamp(), out var next);
            if (due is not null && isTime && run.LastMoved != _sparedAt)
            {
                if (IsSpared(run))
                {
                    due = Classify(run, run.Clock.GetTimestamp(), out next);
                }
                else if (-next > TransportTimer.LateMoment && due != Aged(run) && run.Client.Deadline.MayOvertakeReceives)
                {
                    _sparedAt = run.LastMoved;
                    (due, next) = (null, TransportTimer.LateMoment);
                }
            }

            if (due is not null && !isTime)
            {
                (due, next) = (null, TimeSpan.Zero);
            }

            if (due is null && next != TimeSpan.MaxValue)
            {
                run.Client.Deadline.Arm(next, run);
            }
        }

        if (due is { } reason)
        {
            run.EndNow(reason);
        }
    }

    /// <summary>
    /// Returns true if bytes are on their way that no relay has received yet, although a timer has fired: the process was stopped, or is short of processor time. They count
    /// as moved now, once; if nothing has moved when the next limit is over, it holds.
    /// </summary>
    private bool IsSpared(DuplexRun run)
    {
        var (up, down) = (run.Up.IsAboutToMove, run.Down.IsAboutToMove);
        if (!up && !down)
        {
            return false;
        }

        var now = run.Clock.GetTimestamp();
        _sparedAt = now;
        Spare(run.Up, up, now);
        Spare(run.Down, down, now);
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

    /// <param name="run">The copy.</param>
    /// <param name="now">The time of the judgement.</param>
    /// <param name="next">The time until the next limit; zero or less, if one is over: since then.</param>
    /// <returns>Why the copy is to end; null: it is not.</returns>
    private CloseReason? Classify(DuplexRun run, long now, out TimeSpan next)
    {
        next = TimeSpan.MaxValue;
        CloseReason? due = null;
        if (run.Lifetime != Timeout.InfiniteTimeSpan)
        {
            Consider(run, run.StartedAt, run.Lifetime, now, Aged(run), ref next, ref due);
        }

        if (run.Options.IdleTimeout != Timeout.InfiniteTimeSpan)
        {
            // Who has been silent for longer is the one that was waited for.
            var silent = run.Up.LastReceived <= run.Down.LastReceived ? ClosedBy.Client : ClosedBy.Server;
            Consider(run, run.LastMoved, run.Options.IdleTimeout, now, new(silent, run.Phase, timedOut: true), ref next, ref due);
        }

        if (Volatile.Read(ref _clientSpokeAt) is var spokeAt and not 0 && run.Down.Received == 0 && !run.Down.Ended)
        {
            Consider(run, spokeAt, run.Options.FirstByteTimeout, now, new(ClosedBy.Server, run.Phase, timedOut: true), ref next, ref due);
        }

        if (run.Options.HalfCloseTimeout != Timeout.InfiniteTimeSpan)
        {
            ConsiderHalfClose(run, now, ref next, ref due);
        }

        _watchingBlocked = false;
        Interlocked.MemoryBarrier();
        ConsiderBlocked(run, run.Up, now, ref next, ref due);
        ConsiderBlocked(run, run.Down, now, ref next, ref due);
        return due;
    }

    private static void ConsiderHalfClose(DuplexRun run, long now, ref TimeSpan next, ref CloseReason? due)
    {
        if (run.Up.Ended == run.Down.Ended)
        {
            // Both open: no limit yet. Both ended: a RST is waiting to be passed on, within the limit since the last one ended.
            if (run.Up.Ended)
            {
                Consider(run, Math.Max(run.Up.EndedAt, run.Down.EndedAt), run.Options.HalfCloseTimeout, now, CloseReason.Normal, ref next, ref due);
            }

            return;
        }

        var (ended, open) = run.Up.Ended ? (run.Up, run.Down) : (run.Down, run.Up);
        var since = Math.Max(ended.EndedAt, open.LastMoved);
        Consider(run, since, run.Options.HalfCloseTimeout, now, new(open.SourceSide, ClosePhase.Last, timedOut: true), ref next, ref due);
    }

    private void ConsiderBlocked(DuplexRun run, HalfDuplex half, long now, ref TimeSpan next, ref CloseReason? due)
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
        else if (run.Options.HalfCloseTimeout != Timeout.InfiniteTimeSpan)
        {
            Consider(run, half.SourceGoneAt, run.Options.HalfCloseTimeout, now, new(half.SourceSide, run.Phase), ref next, ref due);
        }
    }

    private static void Consider(DuplexRun run, long since, TimeSpan limit, long now, CloseReason reason, ref TimeSpan next, ref CloseReason? due)
    {
        var left = limit - run.Clock.GetElapsedTime(since, now);
        if (left <= TimeSpan.Zero)
        {
            (due, next) = due is null ? (reason, left) : (due, next);
        }
        else if (left < next)
        {
            next = left;
        }
    }

    // Not a silence: it holds, whatever comes.
    private static CloseReason Aged(DuplexRun run) => new(ClosedBy.Proxy, run.Phase, timedOut: true);
}
