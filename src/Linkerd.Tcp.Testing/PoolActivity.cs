using System.Diagnostics;

namespace Linkerd.Tcp.Testing;

/// <summary>
/// The work of the thread pool, for which a simulation waits before it goes on: continuations that insist on the pool would otherwise race with its steps. The pool is quiet if nothing is queued and no
/// thread of it works, but for those that run simulations. In a process where other work goes on all the time that moment never comes; then the wait is short, and what happens at the same moment may
/// happen in another order in another run.
/// </summary>
internal static class PoolActivity
{
    // A piece of work may queue the next one.
    private const int Rounds = 3;

    private static readonly TimeSpan LongestRound = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan ShortestPatience = TimeSpan.FromMicroseconds(50);

    private static int Simulations;

    [ThreadStatic]
    private static long PatienceTicks;

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

    /// <summary>Begins a simulation on the calling thread, which no longer counts as one that works for the pool.</summary>
    public static IDisposable Leave() => new Absence(Thread.CurrentThread.IsThreadPoolThread ? 1 : 0);

    /// <summary>Waits until the pool is quiet, for a time that becomes shorter if it never is.</summary>
    public static void Settle()
    {
        if (IsQuiet)
        {
            return;
        }

        var patience = TimeSpan.FromTicks(Math.Max(PatienceTicks, ShortestPatience.Ticks));
        var start = Stopwatch.GetTimestamp();
        var spin = default(SpinWait);
        while (!IsQuiet)
        {
            if (Stopwatch.GetElapsedTime(start) > patience)
            {
                RunRounds();
                PatienceTicks = (patience / 2).Ticks;
                return;
            }

            spin.SpinOnce(sleep1Threshold: -1);
        }

        PatienceTicks = LongestPatience.Ticks;
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

    private sealed class Absence : IDisposable
    {
        private readonly int _threads;

        public Absence(int threads)
        {
            _threads = threads;
            PatienceTicks = LongestPatience.Ticks;
            Interlocked.Add(ref Simulations, threads);
        }

        public void Dispose() => Interlocked.Add(ref Simulations, -_threads);
    }
}
