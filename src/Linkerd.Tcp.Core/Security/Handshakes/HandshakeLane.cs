using System.Runtime.CompilerServices;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Security.Handshakes;

/// <summary>
/// The TLS handshakes of one executor. On an event loop their steps run within the budget of its turns (<see cref="BudgetedQueue"/>); and at most <see cref="MaxUnderWay"/> are under way, of which the
/// one that has waited longest for its peer makes room for another. Any thread.
/// </summary>
internal sealed class HandshakeLane
{
    /// <summary>The most handshakes that are under way on one executor.</summary>
    public const int MaxUnderWay = 1000;

    private static readonly ConditionalWeakTable<TransportExecutor, HandshakeLane> Lanes = [];

    private readonly Lock _lock = new();
    private readonly TransportExecutor _executor;
    private readonly bool _isLoop;
    private readonly int _maximum;

    // Those that wait for their peer, the longest first.
    private readonly LinkedList<Handshake> _waiting = [];
    private int _underWay;

    internal HandshakeLane(TransportExecutor executor, int maximum = MaxUnderWay)
    {
        _executor = executor;
        _maximum = maximum;

        // Threads of the pool are shared out by the kernel: there is no turn that a step could make longer.
        _isLoop = executor is not ThreadPoolExecutor;
    }

    /// <summary>The number of handshakes under way.</summary>
    public int UnderWay
    {
        get
        {
            lock (_lock)
            {
                return _underWay;
            }
        }
    }

    /// <summary>Gets the lane of an executor.</summary>
    public static HandshakeLane Of(TransportExecutor executor) => Lanes.GetValue(executor, static executor => new HandshakeLane(executor));

    /// <summary>Begins a handshake.</summary>
    /// <param name="evict">Ends the handshake, if others need its place. Called once at most, on any thread, and must not throw.</param>
    /// <returns>The handshake; null if there are too many, none of which waits for its peer.</returns>
    public Handshake? TryBegin(Action evict)
    {
        Handshake? evicted = null;
        lock (_lock)
        {
            if (_underWay >= _maximum)
            {
                if (_waiting.First is not { } longest)
                {
                    return null;
                }

                evicted = longest.Value;
                evicted.IsEvicted = true;
                End(evicted);
            }

            _underWay++;
        }

        evicted?.Evict();
        return new Handshake(this, evict);
    }

    private void End(Handshake handshake)
    {
        if (!handshake.HasEnded)
        {
            handshake.HasEnded = true;
            _underWay--;
            if (handshake.Waiting.List is not null)
            {
                _waiting.Remove(handshake.Waiting);
            }
        }
    }

    /// <summary>One handshake that is under way.</summary>
    public sealed class Handshake(HandshakeLane lane, Action evict) : IDisposable
    {
        private LinkedListNode<Handshake>? _node;

        /// <summary>Gets a value that indicates whether it was ended for another one.</summary>
        public bool IsEvicted { get; internal set; }

        internal bool HasEnded { get; set; }

        internal LinkedListNode<Handshake> Waiting => _node ??= new(this);

        /// <summary>It waits for its peer from now on.</summary>
        public void BeginWait()
        {
            lock (lane._lock)
            {
                if (!HasEnded)
                {
                    lane._waiting.AddLast(Waiting);
                }
            }
        }

        /// <summary>Its peer has sent something.</summary>
        public void EndWait()
        {
            lock (lane._lock)
            {
                if (Waiting.List is not null)
                {
                    lane._waiting.Remove(Waiting);
                }
            }
        }

        /// <summary>Waits for the turn of a step: on the loop, within the budget. On the thread pool there is nothing to wait for.</summary>
        public TurnAwaitable Turn() => new(lane);

        /// <summary>The handshake is over.</summary>
        public void Dispose()
        {
            lock (lane._lock)
            {
                lane.End(this);
            }
        }

        internal void Evict() => evict();
    }

    /// <summary>The awaitable of <see cref="Handshake.Turn"/>.</summary>
    public readonly struct TurnAwaitable(HandshakeLane lane) : ICriticalNotifyCompletion
    {
        /// <summary>Gets a value that indicates whether there is nothing to wait for.</summary>
        public bool IsCompleted => !lane._isLoop;

        /// <summary>For the compiler.</summary>
        public TurnAwaitable GetAwaiter() => this;

        /// <summary>For the compiler.</summary>
        public void GetResult()
        {
        }

        /// <summary>For the compiler.</summary>
        public void OnCompleted(Action continuation) => lane._executor.Budgeted.Enqueue(continuation);

        /// <summary>For the compiler.</summary>
        public void UnsafeOnCompleted(Action continuation) => lane._executor.Budgeted.Enqueue(continuation);
    }
}
