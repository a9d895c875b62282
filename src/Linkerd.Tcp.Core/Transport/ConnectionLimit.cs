namespace Linkerd.Tcp;

/// <summary>
/// How many accepted connections may exist at once. A listener takes a place for each connection that it hands out;
/// who ends the connection gives it back. Any thread; lock-free while the limit is not reached.
/// </summary>
public sealed class ConnectionLimit
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _available;
    private int _active;

    /// <summary>Makes a limit.</summary>
    /// <param name="maximum">At least 1.</param>
    public ConnectionLimit(int maximum)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximum, 1);
        Maximum = maximum;
    }

    /// <summary>The most connections at once.</summary>
    public int Maximum { get; }

    /// <summary>The places taken now.</summary>
    public int Active => Volatile.Read(ref _active);

    /// <summary>Whether a place is free at this moment.</summary>
    public bool IsAvailable => Active < Maximum;

    /// <summary>Takes a place; false where none is free.</summary>
    public bool TryAcquire()
    {
        var active = Volatile.Read(ref _active);
        while (active < Maximum)
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

    /// <summary>Gives a place back.</summary>
    public void Release()
    {
        Interlocked.Decrement(ref _active);
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

    /// <summary>Completes when a place may be free: a hint, as another may take it first.</summary>
    public Task WaitAvailableAsync(CancellationToken cancellationToken)
    {
        Task wait;
        lock (_lock)
        {
            _available ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            wait = _available.Task;
        }

        // A place that was given back before the wait was registered told nobody.
        Interlocked.MemoryBarrier();
        return IsAvailable ? Task.CompletedTask : wait.WaitAsync(cancellationToken);
    }
}
