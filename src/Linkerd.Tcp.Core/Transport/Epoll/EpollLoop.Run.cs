using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Linkerd.Tcp;

internal sealed unsafe partial class EpollLoop
{
    private const int CrowdedEvents = 16;
    private const ulong WakeUpData = ulong.MaxValue;

    private void Run()
    {
        _threadId = Environment.CurrentManagedThreadId;
        try
        {
            var change = stackalloc byte[EpollEvents.Here.Size];
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
        _sleeping = 0;
        if (count < 0 && Errno.Last != Errno.Interrupted)
        {
            throw new TransportException($"epoll_wait: {Errno.Message(Errno.Last)}");
        }

        return count;
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
        if (Wheel.NextDue <= Now)
        {
            Wheel.Advance(Now, _fire);
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

    /// <summary>The end: what lives here is reset, and whoever waits is told.</summary>
    private void CloseAll()
    {
        for (var descriptor = 0; descriptor < _handlers.Length; descriptor++)
        {
            (_handlers[descriptor] as EpollConnection)?.Abort();
        }

        // Each of these may bring about another; somebody's code that never stops asking for more is left behind.
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
