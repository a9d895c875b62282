namespace Linkerd.Tcp;

/// <summary>The thread pool as an executor: every thread will do, so resuming costs nothing.</summary>
internal sealed class ThreadPoolExecutor(TimeProvider timeProvider) : TransportExecutor
{
    public override TimeProvider TimeProvider { get; } = timeProvider;

    public override bool IsCurrent => true;

    public override void Post(Action<object?> action, object? state) => ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
}
