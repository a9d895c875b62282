namespace Linkerd.Tcp.Transport;

/// <summary>
/// How many accepted connections may exist at once. A listener takes a place for each connection that it hands out;
/// who ends the connection gives it back. A limit may be part of a larger one: each of its places is one of the larger limit's too.
/// Any thread; lock-free while the limit is not reached.
/// </summary>
public sealed class ConnectionLimit
{
    private readonly Lock _lock = new();
    private readonly ConnectionLimit? _whole;
    private TaskCompletionSource? _available;
    private int _maximum;
    private int _active;

    /// <summary>Makes a limit.</summary>
    /// <param name="maximum">At least 1.</param>
    /// <param name="whole">The larger limit that this one is a part of, which other parts may share; null: none.</param>
    public ConnectionLimit(int maximum, ConnectionLimit? whole = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, 1);
        _maximum = maximum;
        _whole = whole;
    }

    /// <summary>Gets the most connections at once; never more than the whole allows.</summary>
    internal int Maximum => _whole is null ? Most : Math.Min(Most, _whole.Maximum);

    /// <summary>The places taken now; those that other parts of the whole have taken are not among them.</summary>
    internal int Active => Volatile.Read(ref _active);

    /// <summary>Whether a place is free at this moment, here and in the whole.</summary>
    internal bool IsAvailable => Active < Most && _whole is not { IsAvailable: false };

    private int Most => Volatile.Read(ref _maximum);

    /// <summary>
    /// Changes the most connections at once. A higher one serves whoever waits for a place; a lower one ends no connection: no place is handed out until enough were given back.
    /// </summary>
    /// <param name="maximum">At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    internal void SetMaximum(int maximum)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, 1);
        Volatile.Write(ref _maximum, maximum);

        // A wait that is registered behind this reads the new maximum.
        Interlocked.MemoryBarrier();
        WakeWaiting();
    }

    /// <summary>Takes a place, here and in the whole; false, and none is taken, where none is free.</summary>
    public bool TryAcquire()
    {
        // Asked first, so that whoever waits for a place of the whole rarely takes one here for nothing.
        if (_whole is { IsAvailable: false } || !TryAcquireHere())
        {
            return false;
        }

        if (_whole is null || _whole.TryAcquire())
        {
            return true;
        }

        // Another may have found this limit reached for that moment, and waits now: it is told.
        ReleaseHere();
        return false;
    }

    /// <summary>Gives a place back, here and in the whole.</summary>
    public void Release()
    {
        ReleaseHere();
        _whole?.Release();
    }

    /// <summary>Completes when a place may be free: a hint, as another may take it first.</summary>
    public Task WaitAvailableAsync(CancellationToken cancellationToken = default)
    {
        if (Active < Most)
        {
            return _whole is null ? Task.CompletedTask : _whole.WaitAvailableAsync(cancellationToken);
        }

        Task wait;
        lock (_lock)
        {
            _available ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            wait = _available.Task;
        }

        // A place that was given back before the wait was registered told nobody.
        Interlocked.MemoryBarrier();
        return Active < Most ? Task.CompletedTask : wait.WaitAsync(cancellationToken);
    }

    private bool TryAcquireHere()
    {
        var active = Volatile.Read(ref _active);
        while (active < Most)
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
