namespace Linkerd.Tcp.Naming.Binding;

/// <summary>A signal that is raised any number of times, and wakes one waiter for all raises since it last waited. Any thread raises it; one waits.</summary>
internal sealed class AsyncSignal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _rung = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Ring()
    {
        lock (_lock)
        {
            _rung.TrySetResult();
        }
    }

    /// <summary>Waits until the signal has been raised since the last wait.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        Task rung;
        lock (_lock)
        {
            rung = _rung.Task;
        }

        await rung.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            _rung = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}
