using System.Threading.Tasks.Sources;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Routing;

/// <summary>
/// A wait for a time, or for a token that is cancelled before; it completes on an executor. Not <see cref="System.Threading.Tasks.Task.Delay(TimeSpan)"/>, which continues after a
/// cancellation on the thread pool. For one wait.
/// </summary>
internal sealed class ExecutorDelay : IValueTaskSource<bool>
{
    private readonly TransportExecutor _executor;
    private ManualResetValueTaskSourceCore<bool> _completion;
    private ITimer? _timer;
    private CancellationTokenRegistration _cancellation;
    private int _ended;

    private ExecutorDelay(TransportExecutor executor)
    {
        _executor = executor;
    }

    /// <summary>Waits for the time.</summary>
    /// <returns>True if the time is over; false if the token was cancelled first.</returns>
    public static ValueTask<bool> WaitAsync(TimeSpan time, TransportExecutor executor, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var pause = new ExecutorDelay(executor);
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            pause._timer = timeProvider.CreateTimer(static pause => ((ExecutorDelay)pause!).End(isOver: true), pause, time, Timeout.InfiniteTimeSpan);
        }

        pause._cancellation = cancellationToken.UnsafeRegister(static pause => ((ExecutorDelay)pause!).End(isOver: false), pause);
        return new ValueTask<bool>(pause, pause._completion.Version);
    }

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        _timer?.Dispose();
        _cancellation.Unregister();
        return _completion.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _completion.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _completion.OnCompleted(continuation, state, token, flags);

    private void End(bool isOver)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            try
            {
                _executor.Post(isOver ? static pause => ((ExecutorDelay)pause!)._completion.SetResult(true) : static pause => ((ExecutorDelay)pause!)._completion.SetResult(false), this);
            }
            catch (Exception error)
            {
                // On a timer's thread, only the waiting caller can be notified.
                _completion.SetException(error);
            }
        }
    }
}
