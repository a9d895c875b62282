using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.ObjectPool;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// One event loop: a thread, an epoll instance, and all that lives there. What belongs to it is touched by its thread alone, so nothing is
/// locked; requests of other threads are posted.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The thread closes them at its end.")]
internal sealed unsafe partial class EpollLoop : TransportExecutor
{
    /// <summary>The largest number of bytes that a relay receives at once, however large a window may be.</summary>
    public const int MaxScratch = 1 << 20;

    private const int EventsPerWait = 512;
    private const int ConnectorsKept = 256;

    private readonly FileDescriptorHandle _epoll;
    private readonly FileDescriptorHandle _wakeUp;
    private readonly EpollEvents _events = new(EventsPerWait);
    private readonly ILogger _logger;
    private readonly LoopQueue _posts = new();
    private readonly ObjectPool<EpollConnector> _connectors;
    private readonly PriorityQueue<(Action<object?> Action, object? State), long> _delayed = new();
    private readonly Action<WheelTimer> _fire;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private IEpollHandler?[] _handlers = new IEpollHandler?[256];
    private List<ILoopWork> _work = [];
    private List<ILoopWork> _workTaken = [];
    private List<ILoopWork> _nextTurn = [];
    private List<ILoopWork> _nextTurnTaken = [];
    private readonly List<int> _toClose = [];
    private byte[] _scratch;
    private uint _generation;
    private int _threadId;
    private int _connections;
    private volatile int _sleeping;
    private volatile bool _stopping;
    private long _busySince;

    /// <summary>Creates a loop; <see cref="Start"/> starts it.</summary>
    /// <exception cref="TransportException">The kernel refuses a resource that it needs.</exception>
    public EpollLoop(int index, PipeAllowance pipes, ILogger logger)
    {
        Index = index;
        _logger = logger;
        _epoll = Create(LinuxCalls.EpollCreate(LinuxCalls.CloseOnExec), "epoll_create1");
        _wakeUp = Create(LinuxCalls.EventFd(0, LinuxCalls.CloseOnExec | LinuxCalls.NonBlocking), "eventfd");
        _scratch = GC.AllocateUninitializedArray<byte>(TcpOptions.Defaults.WindowSize, pinned: true);
        Now = Stopwatch.GetTimestamp();
        Wheel = new TimingWheel(Now);
        Pipes = new PipePool(pipes);
        KeepAlive = new DeferredKeepAlive(this);
        _connectors = new DefaultObjectPool<EpollConnector>(new ConnectorPolicy(this), ConnectorsKept);
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

    /// <summary>The time at which the loop last woke up. For its thread.</summary>
    public long Now { get; private set; }

    /// <summary>The number of connections that live here, including those that are on their way here. Any thread.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The time since which the loop has been working without looking for events; 0 if it is waiting. Any thread.</summary>
    public long BusySince => Volatile.Read(ref _busySince);

    /// <summary>Completes when the thread has ended.</summary>
    public Task Ended => _ended.Task;

    /// <summary>True if more connections than a few bulk streams had an event at the last look. For its thread.</summary>
    public bool IsCrowded { get; private set; }

    /// <summary>True if it is about to end, or has.</summary>
    public bool IsStopping => _stopping;

    /// <summary>Guards the closing of a descriptor against a look at it from another thread.</summary>
    public Lock CloseLock { get; } = new();

    public void Start() => _thread.UnsafeStart();

    /// <summary>Ends the thread, and with it everything that lives here. Any thread.</summary>
    public void Stop()
    {
        _stopping = true;
        WakeUp();
    }

    public override void Post(Action<object?> action, object? state)
    {
        if (_ended.Task.IsCompleted)
        {
            // What was here is closed, and notified; it remains to report the end.
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

    /// <summary>Runs an action here after a while, to the millisecond. On the loop.</summary>
    public void PostAfter(TimeSpan delay, Action<object?> action, object? state) => _delayed.Enqueue((action, state), After(delay));

    /// <summary>Continues here after a while, to the millisecond. On the loop.</summary>
    public DelayAwaitable Delay(TimeSpan delay) => new(this, delay);

    /// <summary>Returns the timestamp after a time from now; a time that never comes if that is too long.</summary>
    public static long After(TimeSpan span)
    {
        var now = Stopwatch.GetTimestamp();
        var ticks = span.TotalSeconds * Stopwatch.Frequency;
        return ticks < long.MaxValue / 4 ? now + (long)ticks : long.MaxValue / 2;
    }

    /// <summary>Runs work once the events at hand are dealt with. On the loop.</summary>
    public void Enqueue(ILoopWork work)
    {
        if (!work.IsQueued)
        {
            work.IsQueued = true;
            _work.Add(work);
        }
    }

    /// <summary>Runs work after others had their turn: after the next look at epoll. On the loop.</summary>
    public void EnqueueNextTurn(ILoopWork work)
    {
        if (!work.IsQueued)
        {
            work.IsQueued = true;
            _nextTurn.Add(work);
        }
    }

    /// <summary>Gets memory to receive into; the next receive on the loop overwrites it. On the loop.</summary>
    /// <param name="size">The least size; at most <see cref="MaxScratch"/>.</param>
    public byte[] Scratch(int size)
    {
        if (_scratch.Length < size)
        {
            _scratch = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        }

        return _scratch;
    }

    /// <summary>Registers a handler for a descriptor's events. On the loop.</summary>
    /// <returns>The error; 0 if none.</returns>
    public int Register(int descriptor, IEpollHandler handler, uint events)
    {
        if (descriptor >= _handlers.Length)
        {
            Array.Resize(ref _handlers, Math.Max(descriptor + 1, _handlers.Length * 2));
        }

        handler.Generation = ++_generation;
        var change = stackalloc byte[EpollEvents.NativeLayout.Size];
        EpollEvents.Write(change, events, ((ulong)handler.Generation << 32) | (uint)descriptor);
        if (LinuxCalls.EpollControl(_epoll.Number, 1, descriptor, change) != 0)
        {
            return Errno.Last;
        }

        _handlers[descriptor] = handler;
        return 0;
    }

    /// <summary>Gets the handler of a descriptor, if it is still the one of that generation. On the loop.</summary>
    public IEpollHandler? Find(int descriptor, uint generation) =>
        _handlers[descriptor] is { } handler && handler.Generation == generation ? handler : null;

    /// <summary>Removes a descriptor that is about to be closed, which takes it out of epoll. On the loop.</summary>
    public void Forget(int descriptor) => _handlers[descriptor] = null;

    /// <summary>Closes a descriptor at the end of the turn, with others. On the loop.</summary>
    public void CloseLater(int descriptor) => _toClose.Add(descriptor);

    /// <summary>Takes a descriptor that stays open out of epoll. On the loop.</summary>
    public void Unregister(int descriptor)
    {
        _handlers[descriptor] = null;
        var change = stackalloc byte[EpollEvents.NativeLayout.Size];
        _ = LinuxCalls.EpollControl(_epoll.Number, 2, descriptor, change);
    }

    /// <summary>Gets an attempt to connect, to be used once. Any thread.</summary>
    public EpollConnector RentConnector() => _connectors.Get();

    /// <summary>Takes a connector back after its result was taken. Any thread.</summary>
    public void ReturnConnector(EpollConnector connector) => _connectors.Return(connector);

    public void AddConnection() => Interlocked.Increment(ref _connections);

    public void RemoveConnection() => Interlocked.Decrement(ref _connections);

    private static FileDescriptorHandle Create(int descriptor, string call) =>
        descriptor >= 0 ? new FileDescriptorHandle(descriptor) : throw new TransportException($"{call}: {Errno.Message(Errno.Last)}");

    private void WakeUp()
    {
        // Either the posting thread sees the loop asleep, or the loop sees the post before it sleeps: both put a fence between write and read.
        Interlocked.MemoryBarrier();
        if (_sleeping != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0)
        {
            var added = false;
            try
            {
                _wakeUp.DangerousAddRef(ref added);
                var one = 1UL;
                _ = LinuxCalls.Write(_wakeUp.Number, (byte*)&one, 8);
            }
            catch (ObjectDisposedException)
            {
                // The loop has ended.
                return;
            }
            finally
            {
                if (added)
                {
                    _wakeUp.DangerousRelease();
                }
            }
        }
    }

    private sealed class ConnectorPolicy(EpollLoop loop) : PooledObjectPolicy<EpollConnector>
    {
        public override EpollConnector Create() => new(loop);

        public override bool Return(EpollConnector obj) => true;
    }
}
