using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Linkerd.Tcp.Transport;

/// <summary>The thread pool as an executor: every thread will do, so resuming costs nothing.</summary>
internal sealed class ThreadPoolExecutor(TimeProvider timeProvider, ILogger? logger = null) : TransportExecutor
{
    public override TimeProvider TimeProvider { get; } = timeProvider;

    /// <summary>The logger for exceptions of user code that runs here.</summary>
    public ILogger Logger { get; } = logger ?? NullLogger.Instance;

    public override bool IsCurrent => true;

    public override void Post(Action<object?> action, object? state) => ThreadPool.UnsafeQueueUserWorkItem(new GuardedWork(action, state, Logger), preferLocal: false);
}
