namespace Linkerd.Tcp.Primitives;

/// <summary>Counts events, and wakes whoever waits for the next one. Any thread.</summary>
internal sealed class ChangeSignal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _changed;
    private long _version;

    /// <summary>Gets the number of events; to be read before a look at what they are about, for <see cref="WaitAsync"/>.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Completes when something has happened since the version was read.</summary>
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
