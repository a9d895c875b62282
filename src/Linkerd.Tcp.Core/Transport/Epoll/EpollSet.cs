using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>Represents an epoll instance of one thread: the handlers of the registered descriptors, and a descriptor that wakes the thread.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The thread closes them at its end.")]
internal abstract unsafe class EpollSet : TransportExecutor
{
    private const int EventsPerWait = 512;
    private const ulong WakeUpData = ulong.MaxValue;
    private const int ClosesByLook = 8;
    private static readonly TimeSpan MaxClosing = TimeSpan.FromMilliseconds(0.25);

    private readonly FileDescriptorHandle _epoll;
    private readonly FileDescriptorHandle _wakeUp;
    private readonly EpollEvents _events = new(EventsPerWait);
    private readonly List<int> _toClose = [];
    private IEpollHandler?[] _handlers = new IEpollHandler?[256];
    private uint _generation;
    private int _connections;
    private volatile int _sleeping;
    private long _fullLooksSince;
    private int _fullLooks;

    /// <exception cref="TransportException">The kernel refuses a resource that it needs.</exception>
    private protected EpollSet()
    {
        _epoll = Create(LinuxCalls.EpollCreate(LinuxCalls.CloseOnExec), "epoll_create1");
        _wakeUp = Create(LinuxCalls.EventFd(0, LinuxCalls.CloseOnExec | LinuxCalls.NonBlocking), "eventfd");
    }

    /// <summary>Gets or sets the observer of the length of each turn, in ticks of <see cref="Stopwatch"/>; null, the default: none. For benchmarks. Called on the loop.</summary>
    internal Action<long>? TurnObserver { get; set; }

    /// <summary>Gets the number of connections of this thread, including those that are being moved to it. Any thread.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Gets the lock that keeps a descriptor open while another thread inspects it.</summary>
    public Lock CloseLock { get; } = new();

    // All events that were ready before this timestamp have been dispatched.
    private protected long DispatchedUntil { get; private set; }

    public void AddConnection() => Interlocked.Increment(ref _connections);

    public void RemoveConnection() => Interlocked.Decrement(ref _connections);

    /// <summary>Registers a descriptor, whose events go to the handler. On the loop.</summary>
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

    /// <summary>Finds the handler of a descriptor; null if it is no longer of that generation. On the loop.</summary>
    public IEpollHandler? Find(int descriptor, uint generation) =>
        _handlers[descriptor] is { } handler && handler.Generation == generation ? handler : null;

    /// <summary>Removes the handler of a descriptor that is about to be closed, which removes it from epoll. On the loop.</summary>
    public void Forget(int descriptor) => _handlers[descriptor] = null;

    /// <summary>Gets a value that indicates whether descriptors are left to be closed, in the next turn. On the loop.</summary>
    private protected bool HasDetached => _toClose.Count > 0;

    /// <summary>Closes a descriptor at the end of the turn, together with others, or of one of the next if there are many. On the loop.</summary>
    public void CloseLater(int descriptor) => _toClose.Add(descriptor);

    /// <summary>Removes a descriptor that stays open from epoll. On the loop.</summary>
    public void Unregister(int descriptor)
    {
        _handlers[descriptor] = null;
        var change = stackalloc byte[EpollEvents.NativeLayout.Size];
        _ = LinuxCalls.EpollControl(_epoll.Number, 2, descriptor, change);
    }

    private protected void RegisterWakeUp()
    {
        var change = stackalloc byte[EpollEvents.NativeLayout.Size];

        // Edge-triggered, so that it need not be read: every write is a new edge.
        EpollEvents.Write(change, EpollEvents.In | EpollEvents.EdgeTriggered, WakeUpData);
        _ = LinuxCalls.EpollControl(_epoll.Number, 1, _wakeUp.Number, change);
    }

    /// <summary>Begins the state in which <see cref="WakeUp"/> ends the next wait.</summary>
    private protected void BeginSleep()
    {
        _sleeping = 1;
        Interlocked.MemoryBarrier();
    }

    /// <summary>Waits for events.</summary>
    /// <returns>The number of events.</returns>
    private protected int Look(int milliseconds)
    {
        var count = LinuxCalls.EpollWait(_epoll.Number, _events.Memory, _events.Count, milliseconds);
        while (count < 0 && Errno.Last == Errno.Interrupted)
        {
            // After a stop (SIGSTOP, SIGCONT) it returns EINTR, even if events are ready by then (signal(7)).
            count = LinuxCalls.EpollWait(_epoll.Number, _events.Memory, _events.Count, 0);
        }

        _sleeping = 0;
        return count >= 0 ? count : throw new TransportException($"epoll_wait: {Errno.Message(Errno.Last)}");
    }

    /// <summary>
    /// Records the time until which all events are known. Timers are compared with that time and not with the present one: between the two the process may have been stopped
    /// (SIGSTOP, a frozen container, a suspended virtual machine), and data that arrived meanwhile is handled first. So a timer that wakes the loop costs one more
    /// wait, with a timeout of 0; a timer that comes due between events costs none.
    /// </summary>
    /// <param name="count">The number of events that the wait returned.</param>
    /// <param name="before">A timestamp before the wait.</param>
    private protected void RecordLook(int count, long before)
    {
        if (count < _events.Count)
        {
            (DispatchedUntil, _fullLooks) = (before, 0);
            return;
        }

        // There are more. They are returned in turn (epoll's ready list is a queue), so after the number of waits that covers every connection once, all that was ready at the first one is known.
        _fullLooksSince = _fullLooks == 0 ? before : _fullLooksSince;
        if (++_fullLooks > 1 + (Connections / _events.Count))
        {
            (DispatchedUntil, _fullLooks) = (_fullLooksSince, 0);
        }
    }

    /// <summary>Gets the handler of an event of the last wait; null if the event was the wake-up, or if its handler was removed.</summary>
    private protected IEpollHandler? HandlerAt(int index, out uint events)
    {
        var data = _events.DataAt(index);
        var descriptor = (uint)data;
        events = _events.EventsAt(index);
        return data != WakeUpData && descriptor < (uint)_handlers.Length && _handlers[descriptor] is { } handler && handler.Generation == (uint)(data >> 32) ? handler : null;
    }

    private protected void WakeUp()
    {
        // Either a posting thread sees the loop asleep, or the loop sees the post before it sleeps: both have a fence between write and read.
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

    /// <summary>Closes descriptors, for as long as others may wait for it, and at least every second one, so that they do not pile up.</summary>
    /// <param name="isLast">True if there is no further turn: all are closed.</param>
    private protected void CloseDetached(bool isLast = false)
    {
        if (_toClose.Count == 0)
        {
            return;
        }

        var (least, start, closed) = (isLast ? _toClose.Count : _toClose.Count / 2, Stopwatch.GetTimestamp(), 0);
        while (closed < _toClose.Count && (closed < least || closed % ClosesByLook != 0 || Stopwatch.GetElapsedTime(start) < MaxClosing))
        {
            _ = LinuxCalls.Close(_toClose[closed++]);
        }

        _toClose.RemoveRange(0, closed);
    }

    private protected void AbortConnections()
    {
        for (var descriptor = 0; descriptor < _handlers.Length; descriptor++)
        {
            (_handlers[descriptor] as EpollConnection)?.Abort();
        }
    }

    private protected void DisposeSet()
    {
        _epoll.Dispose();
        _wakeUp.Dispose();
        _events.Dispose();
    }

    private static FileDescriptorHandle Create(int descriptor, string call) =>
        descriptor >= 0 ? new FileDescriptorHandle(descriptor) : throw new TransportException($"{call}: {Errno.Message(Errno.Last)}");
}
