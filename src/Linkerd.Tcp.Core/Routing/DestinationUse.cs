namespace Linkerd.Tcp.Routing;

/// <summary>
/// Counts who holds a destination: sessions that were routed to it, references, listeners of its name, and its name if that is fixed. It can be closed while nobody does, for ever. Any thread.
/// </summary>
/// <remarks>A hold costs one interlocked operation, and its end another and a store: the clock is read by whoever looks for idle ones, not by each session.</remarks>
internal sealed class DestinationUse
{
    private const int Closed = int.MinValue / 2;

    private int _holds;
    private volatile bool _wasUsed = true;
    private long _idleSince;

    /// <summary>Gets the number of holds.</summary>
    public int Holds => Math.Max(0, Volatile.Read(ref _holds));

    /// <summary>Takes a hold; false, and none is taken, if it is closed.</summary>
    public bool TryHold() => Interlocked.Increment(ref _holds) > 0;

    /// <summary>Gives a hold back.</summary>
    public void Release()
    {
        // Before: who sees no hold finds out that there was one.
        _wasUsed = true;
        Interlocked.Decrement(ref _holds);
    }

    /// <summary>Has it count as used at the next look.</summary>
    public void RecordUse() => _wasUsed = true;

    /// <summary>Closes it, unless somebody holds it.</summary>
    public bool TryClose() => Interlocked.CompareExchange(ref _holds, Closed, 0) == 0;

    /// <summary>Gets the time since a look at which it was held, or had been since the look before: no more than the time without a hold. One caller at a time.</summary>
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
