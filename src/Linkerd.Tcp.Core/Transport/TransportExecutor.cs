using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Transport;

/// <summary>Represents the place where a connection lives: its event loop, the virtual scheduler of a simulation, or, for the Sockets engine, the thread pool. Any thread.</summary>
public abstract class TransportExecutor
{
    private BudgetedQueue? _budgeted;

    /// <summary>Gets the clock of everything that runs on the executor.</summary>
    public abstract TimeProvider TimeProvider { get; }

    /// <summary>Gets a value that indicates whether the calling code runs on the executor already.</summary>
    public abstract bool IsCurrent { get; }

    /// <summary>Queues an action to the executor. Any thread. An exception that it throws is logged, and ends nothing else.</summary>
    public abstract void Post(Action<object?> action, object? state);

    /// <summary>Gets the work that takes long, and must not delay what else runs here.</summary>
    internal BudgetedQueue Budgeted => _budgeted ?? Interlocked.CompareExchange(ref _budgeted, new BudgetedQueue(this), null) ?? _budgeted;

    /// <summary>
    /// Continues on the executor: <c>await connection.Executor.Resume()</c>, after any await that may have completed elsewhere
    /// (resolution, DNS, back-off, TLS work). Costs nothing if the caller is there already.
    /// </summary>
    internal ResumeAwaitable Resume() => new(this, always: false);

    /// <summary>Lets what else is due here run, then continues here.</summary>
    internal ResumeAwaitable Yield() => new(this, always: true);

    /// <summary>The awaitable of <see cref="Resume"/> and <see cref="Yield"/>.</summary>
    internal readonly struct ResumeAwaitable : ICriticalNotifyCompletion
    {
        private static readonly Action<object?> Invoke = static continuation => ((Action)continuation!)();
        private readonly TransportExecutor _executor;
        private readonly bool _always;

        internal ResumeAwaitable(TransportExecutor executor, bool always)
        {
            _executor = executor;
            _always = always;
        }

        /// <summary>Gets a value that indicates whether there is nothing to wait for.</summary>
        public bool IsCompleted => !_always && _executor.IsCurrent;

        /// <summary>Gets the awaiter. For the compiler.</summary>
        public ResumeAwaitable GetAwaiter() => this;

        /// <summary>Ends the wait. For the compiler.</summary>
        public void GetResult()
        {
        }

        /// <summary>Schedules the continuation. For the compiler.</summary>
        public void OnCompleted(Action continuation) => _executor.Post(Invoke, continuation);

        /// <summary>Schedules the continuation. For the compiler.</summary>
        public void UnsafeOnCompleted(Action continuation) => _executor.Post(Invoke, continuation);
    }
}
