using System.Threading.Tasks.Sources;

namespace Linkerd.Tcp.Testing;

/// <summary>
/// One pending operation of a connection. It completes in a step of its own, and its result is made when it is fetched,
/// so that memory handed out is good for the step in which the caller sees it.
/// </summary>
internal sealed class SimulatedOperation<T>(SimulatedScheduler scheduler, Func<T> fetch) : IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> _core;

    public bool IsCompleted { get; private set; }

    public bool IsPending { get; private set; }

    public ValueTask<T> Begin()
    {
        IsPending = true;
        IsCompleted = false;
        _core.Reset();
        return new ValueTask<T>(this, _core.Version);
    }

    public void CompleteSoon()
    {
        if (IsPending && !IsCompleted)
        {
            IsCompleted = true;
            scheduler.Post(static operation => ((SimulatedOperation<T>)operation!)._core.SetResult(default!), this);
        }
    }

    public T GetResult(short token)
    {
        using var step = scheduler.Hold();
        _core.GetResult(token);
        IsPending = false;
        return fetch();
    }

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
