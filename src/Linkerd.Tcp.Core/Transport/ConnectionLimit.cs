namespace Linkerd.Tcp.Transport;

/// <summary>
/// Represents a limit of the number of concurrent accepted connections. A listener takes a place for each connection that it hands out;
/// the code that ends the connection returns it. A limit may be part of a larger one: each of its places is then also a place of the larger limit.
/// Any thread; lock-free while the limit is not reached, except that a part of a larger limit has a lock of its own, as it can go to another one.
/// </summary>
public sealed class ConnectionLimit
{
    private readonly Lock _lock = new();
    private volatile ConnectionLimit? _whole;
    private TaskCompletionSource? _available;
    private int _maximum;
    private int _active;

    /// <summary>Initializes a limit.</summary>
    /// <param name="maximum">The largest number of concurrent connections; at least 1.</param>
    /// <param name="whole">The larger limit that this one is a part of, which other parts may share; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maximum"/> is less than 1.</exception>
    public ConnectionLimit(int maximum, ConnectionLimit? whole = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, 1);
        _maximum = maximum;
        _whole = whole;
    }

    /// <summary>Gets the largest number of concurrent connections; at most that of the larger limit.</summary>
    internal int Maximum => _whole is null ? OwnMaximum : Math.Min(OwnMaximum, _whole.Maximum);

    /// <summary>Gets the number of places in use, without those of other parts of the larger limit.</summary>
    internal int Active => Volatile.Read(ref _active);

    /// <summary>Gets a value that indicates whether a place is free now, here and in the larger limit.</summary>
    internal bool IsAvailable => Active < OwnMaximum && _whole is not { IsAvailable: false };

    private int OwnMaximum => Volatile.Read(ref _maximum);

    /// <summary>
    /// Changes the largest number of concurrent connections. A higher one lets waiting callers proceed. A lower one ends no connection: no place is handed out until enough are returned.
    /// </summary>
    /// <param name="maximum">The largest number of concurrent connections; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    internal void SetMaximum(int maximum)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, 1);
        Volatile.Write(ref _maximum, maximum);

        // A wait that is registered after this line reads the new maximum.
        Interlocked.MemoryBarrier();
        WakeWaiting();
    }

    /// <summary>Makes this part of a larger limit a part of another one. Its places in use go with it, also if the other one has fewer free.</summary>
    /// <param name="whole">The other larger limit; neither is a part itself.</param>
    internal void MoveTo(ConnectionLimit whole)
    {
        lock (_lock)
        {
            var before = _whole!;
            if (before == whole)
            {
                return;
            }

            _whole = whole;
            Interlocked.Add(ref whole._active, _active);
            Interlocked.Add(ref before._active, -_active);

            // Also those that wait for a place there on behalf of this one.
            before.WakeWaiting();
        }
    }

    /// <summary>Takes a place, here and in the larger limit.</summary>
    /// <returns>False if none is free; then none is taken.</returns>
    public bool TryAcquire()
    {
        if (_whole is null)
        {
            return TryAcquireHere();
        }

        lock (_lock)
        {
            // Checked first, so that a caller that waits for a place of the larger limit rarely takes one here in vain.
            if (!_whole.IsAvailable || !TryAcquireHere())
            {
                return false;
            }

            if (_whole.TryAcquire())
            {
                return true;
            }

            // Another caller may have found this limit reached in that moment, and waits now: it is notified.
            ReleaseHere();
            return false;
        }
    }

    /// <summary>Returns a place, here and in the larger limit.</summary>
    public void Release()
    {
        if (_whole is null)
        {
            ReleaseHere();
            return;
        }

        lock (_lock)
        {
            ReleaseHere();
            _whole.Release();
        }
    }

    /// <summary>Completes when a place may be free. This is a hint, as another caller may take it first.</summary>
    public Task WaitAvailableAsync(CancellationToken cancellationToken = default)
    {
        if (Active < OwnMaximum)
        {
            if (_whole is not { } whole)
            {
                return Task.CompletedTask;
            }

            // One that moved meanwhile was maybe notified before it waited.
            var waitForWhole = whole.WaitAvailableAsync(cancellationToken);
            Interlocked.MemoryBarrier();
            return _whole == whole ? waitForWhole : Task.CompletedTask;
        }

        Task wait;
        lock (_lock)
        {
            _available ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            wait = _available.Task;
        }

        // A place that was returned before the wait was registered notified no waiter.
        Interlocked.MemoryBarrier();
        return Active < OwnMaximum ? Task.CompletedTask : wait.WaitAsync(cancellationToken);
    }

    private bool TryAcquireHere()
    {
        var active = Volatile.Read(ref _active);
        while (active < OwnMaximum)
        {
            var seen = Interlocked.CompareExchange(ref _active, active + 1, active);
            if (seen == active)
            {
                return true;
            }

            active = seen;
        }

        return false;
    }

    private void ReleaseHere()
    {
        Interlocked.Decrement(ref _active);
        WakeWaiting();
    }

    private void WakeWaiting()
    {
        if (Volatile.Read(ref _available) is null)
        {
            return;
        }

        TaskCompletionSource? available;
        lock (_lock)
        {
            available = _available;
            _available = null;
        }

        available?.TrySetResult();
    }
}
