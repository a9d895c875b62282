namespace Linkerd.Tcp.Testing;

/// <summary>Something that the scheduler will run, with the synchronization context that it runs under.</summary>
internal sealed class ScheduledItem(Action<object?> action, object? state, SynchronizationContext? context)
{
    private Action<object?>? _action = action;

    public SynchronizationContext? Context { get; } = context;

    public bool IsCancelled => Volatile.Read(ref _action) is null;

    public void Cancel() => Volatile.Write(ref _action, null);

    public void Invoke() => Interlocked.Exchange(ref _action, null)?.Invoke(state);
}
