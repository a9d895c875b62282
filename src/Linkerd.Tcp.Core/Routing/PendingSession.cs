using System.Threading.Tasks.Sources;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Routing;

/// <summary>A session that waits for an endpoint. For one wait.</summary>
internal sealed class PendingSession : IValueTaskSource<bool>
{
    private ManualResetValueTaskSourceCore<bool> _completion;
    private WaitResult _result;
    private CancellationTokenRegistration _cancellation;

    public PendingSession(PendingQueue queue, IRequester requester, TriedEndpoints? tried, long since)
    {
        Queue = queue;
        Requester = requester;
        Tried = tried;
        Since = since;
    }

    public PendingQueue Queue { get; }

    public IRequester Requester { get; }

    /// <summary>The endpoints that the session has tried in vain; null if it has tried none. Not changed while it waits.</summary>
    public TriedEndpoints? Tried { get; }

    /// <summary>The time at which the wait began, as a timestamp.</summary>
    public long Since { get; }

    /// <summary>Its neighbours, and its presence in the queue; they belong to the queue.</summary>
    internal PendingSession? Previous { get; set; }

    /// <inheritdoc cref="Previous"/>
    internal PendingSession? Next { get; set; }

    /// <inheritdoc cref="Previous"/>
    internal bool IsQueued { get; set; }

    /// <summary>The result of the wait, once it has ended.</summary>
    public ref readonly WaitResult Result => ref _result;

    /// <summary>The end of the wait, on the requester's executor. The result is kept small, as every session holds one, even those that never wait.</summary>
    public ValueTask<bool> Task => new(this, _completion.Version);

    /// <summary>Leaves the queue when the token is cancelled. After it was put into the queue.</summary>
    public void CancelWith(CancellationToken cancellationToken) =>
        _cancellation = cancellationToken.UnsafeRegister(static waiter => ((PendingSession)waiter!).Queue.Cancel((PendingSession)waiter), this);

    /// <summary>Ends the wait. Called by the code that took it out of the queue, once, on the requester's executor.</summary>
    public void Complete(in WaitResult result)
    {
        _cancellation.Unregister();
        if (result.Error is { } error)
        {
            _completion.SetException(error);
        }
        else
        {
            _result = result;
            _completion.SetResult(true);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);
}

/// <summary>The end of a wait: with a lease if <see cref="Picked"/> is that.</summary>
/// <param name="Picked">The result of the pick; <see cref="PickResult.Unavailable"/> with no lease if the wait was given up or is in vain.</param>
/// <param name="Lease">The lease.</param>
/// <param name="CannotSucceed">True if nothing that can be waited for is left.</param>
/// <param name="Error">The exception that a balancer threw, against its contract.</param>
/// <param name="IsTriedOut">True if no endpoint is left but those that the session has tried.</param>
internal readonly record struct WaitResult(PickResult Picked, EndpointLease Lease, bool CannotSucceed = false, Exception? Error = null, bool IsTriedOut = false)
{
    /// <summary>True if the wait is over.</summary>
    public bool IsEnd => Picked == PickResult.Picked || CannotSucceed || IsTriedOut || Error is not null;
}
