using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// Represents one event loop: a thread, its epoll instance, and their connections. All state of the loop is accessed by its thread alone, without
/// locks; other threads post work.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The thread closes them at its end.")]
internal sealed partial class EpollLoop : EpollSet
{
    /// <summary>The largest number of bytes that a relay receives at once, regardless of the window size.</summary>
    public const int MaxScratch = 1 << 20;

    private const int ConnectorsKept = 256;
    private const int CrowdedEvents = 16;

    private readonly ILogger _logger;
    private readonly LoopQueue _posts = new();
    private readonly ObjectPool<EpollConnector> _connectors;
    private readonly PriorityQueue<(Action<object?> Action, object? State), long> _delayed = new();
    private readonly Action<WheelTimer> _fire;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private List<ILoopWork> _work = [];
    private List<ILoopWork> _workTaken = [];
    private List<ILoopWork> _nextTurn = [];
    private List<ILoopWork> _nextTurnTaken = [];
    private byte[] _scratch;
    private int _threadId;
    private volatile bool _stopping;
    private long _endedAt;
    private LoopLoad _load;

    /// <summary>Initializes a loop; <see cref="Start"/> starts it.</summary>
    /// <exception cref="TransportException">The kernel refuses a resource that it needs.</exception>
    public EpollLoop(int index, PipeAllowance pipes, ILogger logger)
    {
        Index = index;
        _logger = logger;
        _scratch = GC.AllocateUninitializedArray<byte>(TcpOptions.Defaults.WindowSize, pinned: true);
        Now = _endedAt = Stopwatch.GetTimestamp();
        Wheel = new TimingWheel(Now);
        Pipes = new PipePool(pipes);
        KeepAlive = new DeferredKeepAlive(this);
        _connectors = new DefaultObjectPool<EpollConnector>(new EpollConnector.Policy(this), ConnectorsKept);
        _fire = Fire;
        _thread = new Thread(Run) { Name = $"linkerd-tcp loop {index}", IsBackground = true };
    }

    public int Index { get; }

    public override TimeProvider TimeProvider => TimeProvider.System;

    public override bool IsCurrent => Environment.CurrentManagedThreadId == _threadId;

    public ILogger Logger => _logger;

    public TimingWheel Wheel { get; }

    public PipePool Pipes { get; }

    public LoopStage Stage { get; } = new();

    public DeferredKeepAlive KeepAlive { get; }

    /// <summary>Gets the time at which the loop last woke up. On the loop.</summary>
    public long Now { get; private set; }

    /// <summary>Gets the time for which the loop has been busy. Any thread.</summary>
    public ref readonly LoopLoad Load => ref _load;

    /// <summary>Gets a task that completes when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Gets a value that indicates whether the last wait returned events of more connections than a few bulk streams. On the loop.</summary>
    public bool IsCrowded { get; private set; }

    /// <summary>Gets a value that indicates whether the loop is about to end, or has ended.</summary>
    public bool IsStopping => _stopping;

    public void Start() => _thread.UnsafeStart();

    /// <summary>Ends the thread, and aborts the loop's connections. Any thread.</summary>
    public void Stop()
    {
        _stopping = true;
        WakeUp();
    }

    public override void Post(Action<object?> action, object? state)
    {
        if (_ended.Task.IsCompleted)
        {
            // The connections of the loop are closed and notified; the end still has to be reported.
            ThreadPool.UnsafeQueueUserWorkItem(new GuardedWork(action, state, _logger), preferLocal: false);
            return;
        }

        _posts.Add(action, state);
        if (!IsCurrent)
        {
            WakeUp();
            if (_ended.Task.IsCompleted)
            {
                RunPostedAfterEnd();
            }
        }
    }

    /// <summary>Runs an action on the loop after a delay, to the millisecond. On the loop.</summary>
    public void PostAfter(TimeSpan delay, Action<object?> action, object? state) => _delayed.Enqueue((action, state), WheelTimer.After(delay));

    /// <summary>Continues on the loop after a delay, to the millisecond. On the loop.</summary>
    public DelayAwaitable Delay(TimeSpan delay) => new(this, delay);

    /// <summary>Runs work after the present events are handled. On the loop.</summary>
    public void Enqueue(ILoopWork work)
    {
        if (!work.IsQueued)
        {
            work.IsQueued = true;
            _work.Add(work);
        }
    }

    /// <summary>Runs work in the next turn, after the next wait for events. On the loop.</summary>
    public void EnqueueNextTurn(ILoopWork work)
    {
        if (!work.IsQueued)
        {
            work.IsQueued = true;
            _nextTurn.Add(work);
        }
    }

    /// <summary>Gets a buffer to receive into; the next receive on the loop overwrites it. On the loop.</summary>
    /// <param name="size">The least size; at most <see cref="MaxScratch"/>.</param>
    public byte[] Scratch(int size)
    {
        if (_scratch.Length < size)
        {
            _scratch = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        }

        return _scratch;
    }

    /// <summary>Gets an object for one attempt to connect. Any thread.</summary>
    public EpollConnector RentConnector() => _connectors.Get();

    /// <summary>Returns a connector, once its result was taken. Any thread.</summary>
    public void ReturnConnector(EpollConnector connector) => _connectors.Return(connector);

    private void Run()
    {
        _threadId = Environment.CurrentManagedThreadId;
        try
        {
            RegisterWakeUp();
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
        _load.Begin(Now);
        (_nextTurn, _nextTurnTaken) = (_nextTurnTaken, _nextTurn);
        if (count > 1)
        {
            Stage.Open();
        }

        for (var i = 0; i < count; i++)
        {
            if (HandlerAt(i, out var events) is { } handler)
            {
                Dispatch(handler, events);
            }
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
        _endedAt = _load.End();
        TurnObserver?.Invoke(_endedAt - Now);
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
        if (_posts.IsEmpty && _work.Count == 0 && _nextTurn.Count == 0 && !HasDetached)
        {
            BeginSleep();
            if (_posts.IsEmpty && !_stopping)
            {
                milliseconds = UntilNextTimer();
            }
        }

        return Look(milliseconds);
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

        // Read at the end of the turn, a moment ago.
        var left = due - _endedAt;
        var perMillisecond = Stopwatch.Frequency / 1000;
        return left <= 0 ? 0 : (int)Math.Min(int.MaxValue, (left + perMillisecond - 1) / perMillisecond);
    }

    private void Dispatch(IEpollHandler handler, uint events)
    {
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
        if (Wheel.NextDue <= DispatchedUntil)
        {
            Wheel.Advance(DispatchedUntil, _fire);
        }

        while (_delayed.TryPeek(out _, out var due) && due <= Now)
        {
            var (action, state) = _delayed.Dequeue();
            RunSafely(action, state);
        }
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

    /// <summary>Aborts the connections of the loop, and notifies their callers.</summary>
    private void CloseAll()
    {
        AbortConnections();

        // Each action may cause another. The number of rounds is limited, as user code may post work without end.
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

        CloseDetached(isLast: true);
        Pipes.Dispose();
        DisposeSet();
        _threadId = 0;
        _load.End();
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
