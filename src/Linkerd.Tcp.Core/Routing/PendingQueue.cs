using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Routing;

/// <summary>
/// The sessions to a destination that wait for its first resolution, or for an endpoint with a free place: first in, first out, and at most a maximum number.
/// The code that raises a change picks for them, one after the other, until a pick fails: no session is woken in vain, and none is overtaken. Any thread.
/// </summary>
/// <param name="maximum">The largest number that waits.</param>
/// <param name="balancer">Picks for them.</param>
/// <param name="isInVain">Returns true if, after a pick with this result, nothing is left to wait for.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class PendingQueue(int maximum, ILoadBalancer balancer, Predicate<PickResult> isInVain, TimeProvider timeProvider)
{
    private static readonly Action<object?> Serve = static waiter => ((PendingSession)waiter!).Queue.TryServe((PendingSession)waiter);

    private static readonly Action<object?> GiveUp = static waiter => ((PendingSession)waiter!).Complete(new(PickResult.Unavailable, default));

    // As long as the longest back-off of a session that tries one endpoint again and again.
    private static readonly TimeSpan TriedFor = TimeSpan.FromSeconds(1);

    // The number of sessions that wait for another endpoint than those that they have tried and that may be passed over at one change. If there were more, each of which has met the
    // same endpoint in vain, its breaker would be open.
    private const int MaxPassed = 16;

    private readonly Lock _lock = new();
    private volatile ILoadBalancer _balancer = balancer;
    private PendingSession? _first;
    private PendingSession? _last;
    private int _maximum = maximum;
    private int _count;
    private long _total;
    private bool _isPumping;
    private bool _pumpAgain;
    private int _passed;

    /// <summary>The number that waits now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>The number that has waited, in total.</summary>
    public long Total => Volatile.Read(ref _total);

    public bool IsEmpty => Count == 0;

    /// <summary>Takes another maximum and another balancer. A lower maximum removes no session. <see cref="ServePending"/> is to be called afterwards.</summary>
    public void Configure(int maximum, ILoadBalancer balancer)
    {
        lock (_lock)
        {
            _maximum = maximum;
        }

        _balancer = balancer;
    }

    /// <summary>Puts a session at the end.</summary>
    /// <param name="requester">The requester.</param>
    /// <param name="tried">
    /// The endpoints that it has tried in vain. A place at one of them goes to others, and to this session only once it has waited for a second.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The pending session to await; null if the queue is full.</returns>
    public PendingSession? TryEnqueue(IRequester requester, TriedEndpoints? tried, CancellationToken cancellationToken)
    {
        var waiter = new PendingSession(this, requester, tried, tried is null ? 0 : timeProvider.GetTimestamp());
        lock (_lock)
        {
            if (_count >= _maximum)
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

        // A change between the pick that failed and now has notified no session.
        ServePending();
        return waiter;
    }

    /// <summary>Serves those that can be served. To be called after every change that may affect a pick.</summary>
    public void ServePending()
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

        ServeNext();
    }

    /// <summary>Removes one that does not wait any longer; does nothing if it was served already.</summary>
    public void Cancel(PendingSession waiter)
    {
        if (TryRemove(waiter))
        {
            try
            {
                waiter.Requester.Executor.Post(GiveUp, waiter);
            }
            catch (Exception error)
            {
                waiter.Complete(Failed(error));
            }
        }
    }

    // A balancer is called on the requester's executor; one after the other, so that the order holds.
    private void ServeNext() => Post(StartServing());

    private PendingSession? StartServing()
    {
        lock (_lock)
        {
            _isPumping = _first is not null;
            _passed = 0;
            return _first;
        }
    }

    private void Post(PendingSession? next)
    {
        while (next is not null)
        {
            try
            {
                next.Requester.Executor.Post(Serve, next);
                return;
            }
            catch (Exception error)
            {
                // An executor that may be user code: its session ends, and the next one has its turn.
                if (TryRemove(next))
                {
                    next.Complete(Failed(error));
                }
            }

            next = StartServing();
        }
    }

    /// <summary>Serves a session, on the executor of its requester.</summary>
    private void TryServe(PendingSession waiter)
    {
        var result = new WaitResult(PickResult.Unavailable, default);
        if (waiter.IsQueued && !IsGone(waiter, ref result))
        {
            PendingSession? next = null;
            do
            {
                result = Pick(waiter);
            }
            while (!result.IsEnd && (next = NextAfter(waiter)) == waiter);
            if (!result.IsEnd)
            {
                Post(next);
                return;
            }
        }

        var isTaken = TryRemove(waiter);
        ServeNext();
        if (isTaken)
        {
            waiter.Complete(result);
        }
        else
        {
            result.Lease.Complete();
        }
    }

    private WaitResult Pick(PendingSession waiter)
    {
        var lease = default(EndpointLease);
        try
        {
            var now = timeProvider.GetTimestamp();
            var tried = waiter.Tried is { } those && timeProvider.GetElapsedTime(waiter.Since, now) < TriedFor ? those : null;
            var context = new PickContext
            {
                Session = waiter.Requester.Client,
                Tried = tried is null ? default : tried.Round,
                TriedIndex = tried?.AsIndex,
                Timestamp = now,
            };
            var picked = _balancer.Pick(in context, out lease);
            return new(picked, lease, picked != PickResult.Picked && isInVain(picked), IsTriedOut: tried is not null && picked == PickResult.Unavailable);
        }
        catch (Exception error)
        {
            // A balancer that may be user code: its fault ends this session and no other.
            lease.Complete();
            return Failed(error);
        }
    }

    private static bool IsGone(PendingSession waiter, ref WaitResult result)
    {
        try
        {
            return waiter.Requester.IsGone;
        }
        catch (Exception error)
        {
            result = Failed(error);
            return true;
        }
    }

    private static WaitResult Failed(Exception error) => new(PickResult.Unavailable, default, Error: error);

    /// <summary>Returns the one to pick for after a pick has failed: the first if a change has happened since that was not applied to it, otherwise null, and the serving stops.</summary>
    private PendingSession? NextAfter(PendingSession waiter)
    {
        lock (_lock)
        {
            // A place that one cannot take as it has tried the endpoint may do for the next.
            var next = _pumpAgain ? _first : waiter.Tried is not null && waiter.IsQueued && _passed < MaxPassed ? waiter.Next : null;
            _passed = _pumpAgain ? 0 : _passed + 1;
            _pumpAgain = false;
            _isPumping = next is not null;
            return next;
        }
    }

    private bool TryRemove(PendingSession waiter)
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
