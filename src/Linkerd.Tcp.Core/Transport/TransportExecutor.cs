using System.Runtime.CompilerServices;

namespace Linkerd.Tcp.Transport;

/// <summary>Where a connection lives: its event loop, the virtual scheduler of a simulation, or, for the Sockets engine, the thread pool at large.</summary>
public abstract class TransportExecutor
{
    /// <summary>The clock of everything that runs here.</summary>
    public abstract TimeProvider TimeProvider { get; }

    /// <summary>Whether the calling code runs here already.</summary>
    public abstract bool IsCurrent { get; }

    /// <summary>Runs something here, soon. Any thread. What it throws is logged, and ends nothing else.</summary>
    public abstract void Post(Action<object?> action, object? state);

    /// <summary>
    /// Continues here: <c>await connection.Executor.Resume()</c>, after any await that may have completed elsewhere
    /// (resolution, DNS, back-off, TLS work). Costs nothing where the caller is here already.
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

        /// <summary>Whether there is nothing to wait for.</summary>
        public bool IsCompleted => !_always && _executor.IsCurrent;

        /// <summary>For the compiler.</summary>
        public ResumeAwaitable GetAwaiter() => this;

        /// <summary>For the compiler.</summary>
        public void GetResult()
        {
        }

        /// <summary>For the compiler.</summary>
        public void OnCompleted(Action continuation) => _executor.Post(Invoke, continuation);

        /// <summary>For the compiler.</summary>
        public void UnsafeOnCompleted(Action continuation) => _executor.Post(Invoke, continuation);
    }
}
