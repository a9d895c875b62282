namespace Linkerd.Tcp.Routing;

/// <summary>
/// Counts the holds of a destination: those of sessions that were routed to it, references, listeners of its name, and the name itself if it is fixed. Without holds it can be closed, permanently. Any thread.
/// </summary>
/// <remarks>A hold costs one interlocked operation, and its release another one and a store: the clock is read by the search for idle destinations, not by each session.</remarks>
internal sealed class DestinationUse
{
    private const int Closed = int.MinValue / 2;

    private int _holds;
    private volatile bool _wasUsed = true;
    private long _idleSince;

    /// <summary>Gets the number of holds.</summary>
    public int Holds => Math.Max(0, Volatile.Read(ref _holds));

    /// <summary>Takes a hold; returns false, without one, if the count is closed.</summary>
    public bool TryHold() => Interlocked.Increment(ref _holds) > 0;

    /// <summary>Releases a hold.</summary>
    public void Release()
    {
        // Before the decrement: a thread that sees no hold sees that there was one.
        _wasUsed = true;
        Interlocked.Decrement(ref _holds);
    }

    /// <summary>Marks the destination as used, for the next call of <see cref="IdleFor"/>.</summary>
    public void RecordUse() => _wasUsed = true;

    /// <summary>Closes the count if there are no holds.</summary>
    public bool TryClose() => Interlocked.CompareExchange(ref _holds, Closed, 0) == 0;

    /// <summary>Gets the time since the last call that found a hold, or a hold since the call before it: never more than the time without a hold. One caller at a time.</summary>
    public TimeSpan IdleFor(TimeProvider timeProvider, long now)
    {
        if (Volatile.Read(ref _holds) > 0 || _wasUsed)
        {
            _wasUsed = false;
            _idleSince = now;
        }

        return timeProvider.GetElapsedTime(_idleSince, now);
    }
}
