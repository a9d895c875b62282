using System.Diagnostics;

namespace Linkerd.Tcp.Testing;

/// <summary>
/// The work of the thread pool, for which a run of a simulation waits before it goes on: continuations that insist on the pool would otherwise race with its steps. The pool is quiet if nothing is queued and
/// no thread of it works, but for those that run simulations. In a process where other work goes on all the time that moment never comes. Then the wait for it is short, and is followed by one for the work that
/// the run has begun, which is known by its execution context. If that does not end either, as it blocks, the run goes on.
/// </summary>
internal sealed class PoolActivity : IDisposable
{
    // A piece of work may queue the next one.
    private const int Rounds = 3;

    private static readonly TimeSpan LongestRound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestOwnPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestPatience = TimeSpan.FromMicroseconds(50);
    private static readonly AsyncLocal<PoolActivity?> Flow = new(OnContextChanged);

    private static readonly Lock PoolSize = new();
    private static int Simulations;

    private readonly PoolActivity? _outer = Flow.Value;
    private readonly int _threads = Thread.CurrentThread.IsThreadPoolThread ? 1 : 0;
    private TimeSpan _patience = LongestPatience;
    private TimeSpan _ownPatience = LongestOwnPatience;
    private readonly bool _hasReplacement;
    private readonly object _pause = new();
    private int _working;

    /// <summary>Begins a run on the calling thread, which no longer counts as one that works for the pool: until the end of the run the pool starts one more thread at once.</summary>
    public PoolActivity()
    {
        _hasReplacement = _threads > 0 && TryResizePool(_threads);
        Interlocked.Add(ref Simulations, _threads);
        Flow.Value = this;
    }

    /// <summary>Gets a value that indicates whether the pool has nothing to do.</summary>
    public static bool IsQuiet
    {
        get
        {
            // In this order: work that has left the queue is seen as a thread that works.
            if (ThreadPool.PendingWorkItemCount > 0)
            {
                return false;
            }

            ThreadPool.GetMaxThreads(out var most, out _);
            ThreadPool.GetAvailableThreads(out var available, out _);
            return most - available <= Volatile.Read(ref Simulations);
        }
    }

    // In this order, as in IsQuiet.
    private bool HasEnded => ThreadPool.PendingWorkItemCount == 0 && Volatile.Read(ref _working) <= 0;

    /// <summary>Waits until the pool is quiet or the work of the run has ended, for a time that becomes shorter if it never is.</summary>
    public void Settle()
    {
        if (Wait(static _ => IsQuiet, LongestPatience, ref _patience))
        {
            return;
        }

        // What the run has queued has begun after this, or is still queued. It may queue more before it ends.
        bool isMore, wasMore = false;
        do
        {
            RunRounds();
            isMore = !HasEnded;
            if (wasMore && !isMore)
            {
                // A thread that has taken work and was preempted before its context is seen has a processor now.
                lock (_pause)
                {
                    Monitor.Wait(_pause, 1);
                }

                isMore = !HasEnded;
            }

            wasMore |= isMore;
        }
        while (isMore && Wait(static activity => activity.HasEnded, LongestOwnPatience, ref _ownPatience));
    }

    /// <summary>Waits until the pool has come to work that is queued now, behind what was queued before: threads of the pool take what is in their own queues, then in the common one, then the oldest of another thread's.</summary>
    public static void RunRounds()
    {
        for (var i = 0; i < Rounds; i++)
        {
            var reached = new TaskCompletionSource();
            ThreadPool.UnsafeQueueUserWorkItem(static reached => reached.SetResult(), reached, preferLocal: true);
            reached.Task.Wait(LongestRound);
        }
    }

    public void Dispose()
    {
        Flow.Value = _outer;
        Interlocked.Add(ref Simulations, -_threads);
        if (_hasReplacement)
        {
            TryResizePool(-_threads);
        }
    }

    private static bool TryResizePool(int change)
    {
        lock (PoolSize)
        {
            ThreadPool.GetMinThreads(out var workers, out var completions);
            return ThreadPool.SetMinThreads(workers + change, completions);
        }
    }

    private bool Wait(Func<PoolActivity, bool> condition, TimeSpan longest, ref TimeSpan patience)
    {
        var start = Stopwatch.GetTimestamp();
        var spin = default(SpinWait);
        while (!condition(this))
        {
            if (Stopwatch.GetElapsedTime(start) > patience)
            {
                patience = patience / 2 > ShortestPatience ? patience / 2 : ShortestPatience;
                return false;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }

        patience = longest;
        return true;
    }

    // A thread begins, or has ended, work of a run; the thread of the run itself sets the value, which is no change of context.
    private static void OnContextChanged(AsyncLocalValueChangedArgs<PoolActivity?> change)
    {
        if (!change.ThreadContextChanged)
        {
            return;
        }

        if (change.PreviousValue is { } before)
        {
            Interlocked.Decrement(ref before._working);
        }

        if (change.CurrentValue is { } now)
        {
            Interlocked.Increment(ref now._working);
        }
    }
}
