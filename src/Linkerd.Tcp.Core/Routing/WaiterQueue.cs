namespace Linkerd.Tcp;

/// <summary>
/// The sessions to a destination that wait for its first resolution, or for an endpoint with a free place: first in, first out, and no more than so many.
/// Whoever brings a change picks for them, one after the other, until a pick fails: nobody is woken in vain, and nobody is overtaken. Any thread.
/// </summary>
/// <param name="maximum">The most that wait.</param>
/// <param name="balancer">What picks for them.</param>
/// <param name="isInVain">Whether, where a pick gave this, nothing is left to wait for.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class WaiterQueue(int maximum, ILoadBalancer balancer, Predicate<PickResult> isInVain, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private Waiter? _first;
    private Waiter? _last;
    private int _count;
    private long _total;
    private bool _isPumping;
    private bool _pumpAgain;

    /// <summary>How many wait now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>How many have waited, in total.</summary>
    public long Total => Volatile.Read(ref _total);

    public bool IsEmpty => Count == 0;

    /// <summary>Puts a session at the end.</summary>
    /// <returns>What to await; null where the queue is full.</returns>
    public Waiter? TryEnqueue(TransportConnection client, ulong hash, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(this, client, hash);
        lock (_lock)
        {
            if (_count >= maximum)
            {
                return null;
            }

            waiter.IsQueued = true;
            waiter.Previous = _last;
            _ = _last is null ? _first = waiter : _last.Next = waiter;
            _last = waiter;
            _count++;
            _total++;
        }

        waiter.CancelWith(cancellationToken);

        // What has changed between the pick that failed and now was told to nobody.
        Pump();
        return waiter;
    }

    /// <summary>Serves those that can be served. To be called after every change that a pick may feel.</summary>
    public void Pump()
    {
        if (IsEmpty)
        {
            return;
        }

        lock (_lock)
        {
            if (_isPumping)
            {
                _pumpAgain = true;
                return;
            }

            _isPumping = true;
        }

        while (TryServeFirst() || !TryStopPumping())
        {
        }
    }

    /// <summary>Takes one out that does not want to wait any longer; does nothing where it was served already.</summary>
    public void Cancel(Waiter waiter)
    {
        if (TryRemove(waiter))
        {
            waiter.End(new(PickResult.Unavailable, default));
        }
    }

    /// <summary>Whether the next one may be served too.</summary>
    private bool TryServeFirst()
    {
        var waiter = Volatile.Read(ref _first);
        if (waiter is null)
        {
            return false;
        }

        if (waiter.Client.PeerGone)
        {
            Cancel(waiter);
            return true;
        }

        var picked = Pick(waiter, out var lease, out var error);
        if (picked != PickResult.Picked && error is null && !isInVain(picked))
        {
            return false;
        }

        if (TryRemove(waiter))
        {
            waiter.End(new(picked, lease, IsInVain: picked != PickResult.Picked, error));
        }
        else
        {
            lease.Dispose();
        }

        return true;
    }

    private PickResult Pick(Waiter waiter, out EndpointLease lease, out Exception? error)
    {
        error = null;
        try
        {
            return balancer.Pick(new PickContext { Connection = waiter.Client, Hash = waiter.Hash, Timestamp = timeProvider.GetTimestamp() }, out lease);
        }
        catch (Exception thrown)
        {
            // Somebody else's balancer: its fault ends this session and no other.
            error = thrown;
            lease = default;
            return PickResult.Unavailable;
        }
    }

    private bool TryStopPumping()
    {
        lock (_lock)
        {
            if (_pumpAgain)
            {
                _pumpAgain = false;
                return false;
            }

            _isPumping = false;
            return true;
        }
    }

    private bool TryRemove(Waiter waiter)
    {
        lock (_lock)
        {
            if (!waiter.IsQueued)
            {
                return false;
            }

            waiter.IsQueued = false;
            _ = waiter.Previous is null ? _first = waiter.Next : waiter.Previous.Next = waiter.Next;
            _ = waiter.Next is null ? _last = waiter.Previous : waiter.Next.Previous = waiter.Previous;
            waiter.Next = waiter.Previous = null;
            _count--;
            return true;
        }
    }
}
