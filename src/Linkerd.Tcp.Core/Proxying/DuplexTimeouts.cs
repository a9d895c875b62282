using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Proxying;

/// <summary>
/// Represents all time limits of a copy, on the one timer of its client connection. Activity does not touch the timer: when it fires, it checks the activity since, and is set again
/// for the remaining time. Part of its <see cref="DuplexRun"/>: do not copy it.
/// </summary>
internal struct DuplexTimeouts()
{
    private static readonly TimeSpan BlockedCheck = TimeSpan.FromSeconds(1);

    // The time at which bytes had last moved when the last exception was made; -1: no exception was made.
    private long _sparedAt = -1;
    private long _clientSpokeAt;
    private bool _isStopped;
    private volatile bool _watchingBlocked;

    /// <summary>Starts the checks of the limits.</summary>
    public void Start(DuplexRun run)
    {
        if (run.Options.IdleTimeout != Timeout.InfiniteTimeSpan || run.Lifetime != Timeout.InfiniteTimeSpan)
        {
            Reschedule(run);
        }
    }

    /// <summary>Called when the client's first bytes have come or are about to be sent to the server: the first-byte timeout of the server starts. Not called if it is not limited.</summary>
    public void OnFirstFromClient(DuplexRun run, long now)
    {
        Volatile.Write(ref _clientSpokeAt, now);
        Reschedule(run);
    }

    /// <summary>Stops the checks of the limits.</summary>
    public void Stop(DuplexRun run)
    {
        lock (run.Up)
        {
            _isStopped = true;
            run.Client.Deadline.Disarm();
        }
    }

    /// <summary>Starts to poll the source of a blocked direction once a second: the direction does not read, so it does not notice the loss of its source.</summary>
    public void WatchBlocked(DuplexRun run)
    {
        // Either this code sees that no watch runs, or Reschedule sees the direction blocked: both have a fence between their write and their read.
        Interlocked.MemoryBarrier();
        if (!_watchingBlocked)
        {
            Reschedule(run);
        }
    }

    /// <summary>Checks the limits, and sets the timer for the next one.</summary>
    /// <param name="run">The copy.</param>
    /// <param name="isTime">
    /// True if an exceeded limit ends the copy. Only the timer sets it: during an event, other data may have arrived that is not processed yet.
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
    /// Returns true if bytes have arrived that no relay has received yet, although a timer has fired: the process was stopped, or is short of processor time. They count
    /// as moved now, once; if nothing has moved when the next limit is over, it applies.
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
    /// <param name="now">The time at which the limits are evaluated.</param>
    /// <param name="next">The time until the next limit; if one is exceeded, zero or less: the time since then, negated.</param>
    /// <returns>The reason to end the copy; null if no limit is exceeded.</returns>
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
            // The side that has been silent for longer is the one that the other waited for.
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
            // If both are open there is no limit yet. If both have ended, a RST waits to be passed on, within the limit since the last end.
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

    // Not a limit of silence: it applies in spite of activity.
    private static CloseReason Aged(DuplexRun run) => new(ClosedBy.Proxy, run.Phase, timedOut: true);
}
