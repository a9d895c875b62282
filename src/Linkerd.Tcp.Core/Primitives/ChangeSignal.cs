namespace Linkerd.Tcp.Primitives;

/// <summary>Counts events, and wakes the callers that wait for the next one. Any thread.</summary>
internal sealed class ChangeSignal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _changed;
    private long _version;

    /// <summary>Gets the number of events. Read it before the state that they concern, for <see cref="WaitAsync"/>.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Completes when an event has occurred since the version was read.</summary>
    public Task WaitAsync(long version, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_lock)
        {
            if (_version != version)
            {
                return Task.CompletedTask;
            }

            _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed = _changed.Task;
        }

        return changed.WaitAsync(cancellationToken);
    }

    /// <summary>Counts an event.</summary>
    public void Raise()
    {
        TaskCompletionSource? changed;
        lock (_lock)
        {
            _version++;
            changed = _changed;
            _changed = null;
        }

        changed?.SetResult();
    }
}
