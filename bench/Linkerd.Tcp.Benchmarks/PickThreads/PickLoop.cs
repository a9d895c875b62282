using System.Diagnostics;

namespace Linkerd.Tcp.Benchmarks.PickThreads;

/// <summary>Threads that pick and release.</summary>
internal static class PickLoop
{
    private const int Batch = 256;

    /// <summary>Picks per second of all threads together.</summary>
    public static double Rate(ILoadBalancer balancer, int threads, TimeSpan time)
    {
        using var start = new Barrier(threads + 1);
        var total = 0L;
        var stop = false;
        var workers = Enumerable.Range(0, threads).Select(number => new Thread(() =>
        {
            start.SignalAndWait();
            var count = 0L;
            while (!Volatile.Read(ref stop))
            {
                RunBatch(balancer);
                count += Batch;
            }

            Interlocked.Add(ref total, count);
        })).ToArray();
        foreach (var worker in workers)
        {
            worker.Start();
        }

        start.SignalAndWait();
        var from = Stopwatch.GetTimestamp();
        Thread.Sleep(time);
        Volatile.Write(ref stop, true);
        foreach (var worker in workers)
        {
            worker.Join();
        }

        return total / Stopwatch.GetElapsedTime(from).TotalSeconds;
    }

    /// <summary>Nanoseconds of a pick with its release, on one thread: the median of batches.</summary>
    public static double Cost(ILoadBalancer balancer, TimeSpan time) => Cost(() => RunBatch(balancer), time);

    /// <summary>Nanoseconds of what every balancer does at the least: two interlocked operations. How fast the machine is at the moment.</summary>
    public static double LeastCost(TimeSpan time)
    {
        var picks = 0L;
        var released = 0L;
        return Cost(
            () =>
            {
                for (var i = 0; i < Batch; i++)
                {
                    Interlocked.Increment(ref picks);
                    Interlocked.Increment(ref released);
                }
            },
            time);
    }

    /// <summary>How long something takes.</summary>
    public static TimeSpan Time(Action action)
    {
        var from = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(from);
    }

    /// <summary>Microseconds of single picks of one thread, while another updates the set without a pause, where there are sets.</summary>
    public static (double Median, double P999, double Worst, int Updates) Latency(ILoadBalancer balancer, EndpointSet[] sets, TimeSpan time)
    {
        var stop = false;
        var updates = 0;
        var updater = new Thread(() =>
        {
            while (sets.Length > 0 && !Volatile.Read(ref stop))
            {
                balancer.Update(sets[++updates % sets.Length]);
            }
        });
        updater.Start();
        var ticks = new List<long>(1 << 24);
        var from = Stopwatch.GetTimestamp();
        var before = from;
        while (before - from < time.TotalSeconds * Stopwatch.Frequency && ticks.Count < ticks.Capacity)
        {
            _ = balancer.Pick(default, out var lease);
            var after = Stopwatch.GetTimestamp();
            ticks.Add(after - before);
            lease.Complete();
            before = Stopwatch.GetTimestamp();
        }

        Volatile.Write(ref stop, true);
        updater.Join();
        ticks.Sort();
        var scale = 1e6 / Stopwatch.Frequency;
        return (ticks[ticks.Count / 2] * scale, ticks[(int)(ticks.Count * 0.999)] * scale, ticks[^1] * scale, updates);
    }

    private static void RunBatch(ILoadBalancer balancer)
    {
        for (var i = 0; i < Batch; i++)
        {
            _ = balancer.Pick(default, out var lease);
            lease.Complete();
        }
    }

    private static double Cost(Action batch, TimeSpan time)
    {
        var ticks = new List<long>(1 << 20);
        var from = Stopwatch.GetTimestamp();
        var before = from;
        while (before - from < time.TotalSeconds * Stopwatch.Frequency && ticks.Count < ticks.Capacity)
        {
            batch();
            var after = Stopwatch.GetTimestamp();
            ticks.Add(after - before);
            before = after;
        }

        ticks.Sort();
        return ticks[ticks.Count / 2] * (1e9 / Stopwatch.Frequency / Batch);
    }
}
