using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp.Transport.Epoll;

internal sealed unsafe partial class EpollLoop
{
    private const int CrowdedEvents = 16;
    private const ulong WakeUpData = ulong.MaxValue;

    // All that was ready before this timestamp has been dispatched.
    private long _dispatchedUntil;
    private long _fullLooksSince;
    private int _fullLooks;

    private void Run()
    {
        _threadId = Environment.CurrentManagedThreadId;
        try
        {
            var change = stackalloc byte[EpollEvents.NativeLayout.Size];
            // Edge-triggered, so that it need not be read: every write is a new edge.
            EpollEvents.Write(change, EpollEvents.In | EpollEvents.EdgeTriggered, WakeUpData);
            _ = LinuxCalls.EpollControl(_epoll.Number, 1, _wakeUp.Number, change);
            while (!_stopping)
            {
                RunOnce();
            }
        }
        catch (Exception error)
        {
            Log.Died(_logger, error, Index);
        }
        finally
        {
            CloseAll();
        }
    }

    private void RunOnce()
    {
        var count = Wait();
        RecordLook(count, Now);
        Now = Stopwatch.GetTimestamp();
        IsCrowded = count > CrowdedEvents;
        Volatile.Write(ref _busySince, Now);
        (_nextTurn, _nextTurnTaken) = (_nextTurnTaken, _nextTurn);
        if (count > 1)
        {
            Stage.Open();
        }

        for (var i = 0; i < count; i++)
        {
            Dispatch(_events.DataAt(i), _events.EventsAt(i));
        }

        FlushStage();

        if (!_posts.IsEmpty)
        {
            RunPosted();
        }

        if (_nextTurnTaken.Count > 0)
        {
            RunWork(_nextTurnTaken);
        }

        if (_work.Count > 0)
        {
            (_work, _workTaken) = (_workTaken, _work);
            RunWork(_workTaken);
        }

        RunTimers();
        CloseDetached();
        Volatile.Write(ref _busySince, 0);
    }

    /// <summary>
    /// Notes the time up to which everything is known. Timers are judged at that time and not at the present one: between the two the process may have been stopped
    /// (SIGSTOP, a frozen container, a suspended virtual machine), and events that arrived meanwhile go first. So a timer that wakes the loop costs it one more
    /// look, with a timeout of 0; one that comes due between events costs none.
    /// </summary>
    /// <param name="count">The events that the look brought.</param>
    /// <param name="before">A timestamp before it.</param>
    private void RecordLook(int count, long before)
    {
        if (count < _events.Count)
        {
            (_dispatchedUntil, _fullLooks) = (before, 0);
            return;
        }

        // There are more. They come in turn (epoll's ready list is a queue), so after as many looks as it takes to see every connection once, all that was ready at the first one is known.
        _fullLooksSince = _fullLooks == 0 ? before : _fullLooksSince;
        if (++_fullLooks > 1 + (Connections / _events.Count))
        {
            (_dispatchedUntil, _fullLooks) = (_fullLooksSince, 0);
        }
    }

    private void FlushStage()
    {
        foreach (var relay in Stage.Close())
        {
            try
            {
                relay.FlushStaged();
            }
            catch (Exception error)
            {
                Log.Threw(_logger, error, Index);
            }
        }

        Stage.Clear();
    }

    private int Wait()
    {
        var milliseconds = 0;
        if (_posts.IsEmpty && _work.Count == 0 && _nextTurn.Count == 0)
        {
            _sleeping = 1;
            Interlocked.MemoryBarrier();
            if (_posts.IsEmpty && !_stopping)
            {
                milliseconds = UntilNextTimer();
            }
        }

        var count = LinuxCalls.EpollWait(_epoll.Number, _events.Memory, _events.Count, milliseconds);
        while (count < 0 && Errno.Last == Errno.Interrupted)
        {
            // After a stop (SIGSTOP, SIGCONT) it returns this, whatever is ready by then (signal(7)).
            count = LinuxCalls.EpollWait(_epoll.Number, _events.Memory, _events.Count, 0);
        }

        _sleeping = 0;
        return count >= 0 ? count : throw new TransportException($"epoll_wait: {Errno.Message(Errno.Last)}");
    }

    private int UntilNextTimer()
    {
        var due = Wheel.NextDue;
        if (_delayed.TryPeek(out _, out var delayed) && delayed < due)
        {
            due = delayed;
        }

        if (due == long.MaxValue)
        {
            return -1;
        }

        var left = due - Stopwatch.GetTimestamp();
        var perMillisecond = Stopwatch.Frequency / 1000;
        return left <= 0 ? 0 : (int)Math.Min(int.MaxValue, (left + perMillisecond - 1) / perMillisecond);
    }

    private void Dispatch(ulong data, uint events)
    {
        var descriptor = (uint)data;
        if (data == WakeUpData || descriptor >= (uint)_handlers.Length || _handlers[descriptor] is not { } handler || handler.Generation != (uint)(data >> 32))
        {
            return;
        }

        try
        {
            handler.OnEvents(events);
        }
        catch (Exception error)
        {
            Log.Threw(_logger, error, Index);
            (handler as EpollConnection)?.Abort();
        }
    }

    private void RunPosted()
    {
        foreach (var (action, state) in _posts.Take())
        {
            RunSafely(action, state);
        }
    }

    private void RunWork(List<ILoopWork> work)
    {
        foreach (var one in work)
        {
            one.IsQueued = false;
            try
            {
                one.Run();
            }
            catch (Exception error)
            {
                Log.Threw(_logger, error, Index);
            }
        }

        work.Clear();
    }

    private void RunTimers()
    {
        if (Wheel.NextDue <= _dispatchedUntil)
        {
            Wheel.Advance(_dispatchedUntil, _fire);
        }

        while (_delayed.TryPeek(out _, out var due) && due <= Now)
        {
            var (action, state) = _delayed.Dequeue();
            RunSafely(action, state);
        }
    }

    private void CloseDetached()
    {
        foreach (var descriptor in _toClose)
        {
            _ = LinuxCalls.Close(descriptor);
        }

        _toClose.Clear();
    }

    private void Fire(WheelTimer timer)
    {
        try
        {
            timer.Fire();
        }
        catch (Exception error)
        {
            Log.Threw(_logger, error, Index);
        }
    }

    private void RunSafely(Action<object?> action, object? state)
    {
        try
        {
            action(state);
        }
        catch (Exception error)
        {
            Log.Threw(_logger, error, Index);
        }
    }

    /// <summary>Ends the loop: what lives here is reset, and pending operations complete.</summary>
    private void CloseAll()
    {
        for (var descriptor = 0; descriptor < _handlers.Length; descriptor++)
        {
            (_handlers[descriptor] as EpollConnection)?.Abort();
        }

        // Each of these may cause another; user code that never stops posting more is left behind.
        for (var round = 0; round < 100_000 && (!_posts.IsEmpty || _work.Count > 0 || _nextTurn.Count > 0 || _delayed.Count > 0); round++)
        {
            RunPosted();
            (_work, _workTaken) = (_workTaken, _work);
            RunWork(_workTaken);
            (_nextTurn, _nextTurnTaken) = (_nextTurnTaken, _nextTurn);
            RunWork(_nextTurnTaken);
            if (_delayed.TryDequeue(out var delayed, out _))
            {
                RunSafely(delayed.Action, delayed.State);
            }
        }

        CloseDetached();
        Pipes.Dispose();
        _epoll.Dispose();
        _wakeUp.Dispose();
        _events.Dispose();
        _threadId = 0;
        Volatile.Write(ref _busySince, 0);
        _ended.SetResult();
        RunPostedAfterEnd();
    }

    private void RunPostedAfterEnd()
    {
        while (!_posts.IsEmpty)
        {
            lock (CloseLock)
            {
                RunPosted();
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5000, LogLevel.Critical, "event loop {Loop} died; its connections are reset", EventName = "LoopDied")]
        public static partial void Died(ILogger logger, Exception error, int loop);

        [LoggerMessage(5001, LogLevel.Error, "something on event loop {Loop} threw", EventName = "LoopHandlerThrew")]
        public static partial void Threw(ILogger logger, Exception error, int loop);
    }
}
