using System.Diagnostics;
using Linkerd.Tcp.TestUtilities.Balancing;

namespace Linkerd.Tcp.BalanceSim;

/// <summary>Runs everything that was asked for, on as many threads as there are processors.</summary>
internal static class Runs
{
    public static IReadOnlyList<FinishedRun> All(IReadOnlyList<BalanceCase> cases, int seeds, string balancer, TextWriter progress)
    {
        var wanted = (from @case in cases
                      from load in BalanceLoad.All
                      from seed in Enumerable.Range(1, seeds)
                      select (Case: @case, Load: load, Seed: (ulong)seed)).ToArray();
        var finished = new FinishedRun[wanted.Length];
        var next = -1;

        // Threads of its own: those of the pool are needed by the runs, for discovery.
        var threads = Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work)).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        return finished;

        void Work()
        {
            while (Interlocked.Increment(ref next) is var index && index < wanted.Length)
            {
                var watch = Stopwatch.StartNew();
                var record = BalanceRun.Run(wanted[index].Case, wanted[index].Load, wanted[index].Seed, balancer);
                finished[index] = FinishedRun.Of(record, watch.Elapsed);
                lock (progress)
                {
                    progress.WriteLine(RunTable.Line(finished[index]));
                }
            }
        }
    }
}
