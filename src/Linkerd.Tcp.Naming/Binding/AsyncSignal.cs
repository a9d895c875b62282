namespace Linkerd.Tcp.Naming.Binding;

/// <summary>Rings any number of times, and wakes one waiter for all rings since it last waited. Any thread rings; one waits.</summary>
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

    /// <summary>Waits for a ring since the last wait.</summary>
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
