using System.Globalization;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Benchmarks.PickThreads;

/// <summary>
/// What picks cost as threads are added, what an update of many endpoints costs, and how long a pick takes while updates go on; every algorithm, all options
/// at their defaults, in turns. Nanoseconds are medians of batches of 256, the least and the most of the rounds: a machine that is shared disturbs those little. <c>pick-threads [--rounds N] [--milliseconds N] [--kind NAME] [--only picks|updates|latency]</c>.
/// </summary>
internal static class PickThreadsCommand
{
    public static int Run(string[] args)
    {
        var rounds = Option(args, "--rounds", 7);
        var time = TimeSpan.FromMilliseconds(Option(args, "--milliseconds", 200));
        var only = Text(args, "--only");
        var kinds = Enum.GetValues<BalancerKind>().Where(kind => Text(args, "--kind") is not { } name || kind.ToString() == name).ToArray();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessorCount} processors, medians of {rounds} rounds of {time.TotalMilliseconds} ms; pick and release"));
        if (only is null or "picks")
        {
            Picks(kinds, rounds, time, [10, 1_000, 10_000]);
        }

        if (only is "cost")
        {
            Costs(kinds, rounds, time);
        }

        if (only is null or "updates")
        {
            Updates(kinds, rounds);
        }

        if (only is null or "latency")
        {
            Latency(kinds, time * 10);
        }

        return 0;
    }

    private static void Picks(BalancerKind[] kinds, int rounds, TimeSpan time, int[] counts)
    {
        foreach (var count in counts)
        {
            foreach (var isSkewed in (bool[])[false, true])
            {
                var balancers = kinds.Select(kind => With(kind, Sets.Of(count, isSkewed))).ToArray();
                var rates = kinds.Select(_ => new Dictionary<int, List<double>> { [1] = [], [2] = [], [8] = [] }).ToArray();
                var costs = kinds.Select(_ => new List<double>()).ToArray();
                foreach (var balancer in balancers)
                {
                    _ = PickLoop.Rate(balancer, 2, time * 2);
                }

                var least = new List<double>();
                for (var round = 0; round < rounds; round++)
                {
                    least.Add(PickLoop.LeastCost(time));
                    for (var i = 0; i < kinds.Length; i++)
                    {
                        costs[i].Add(PickLoop.Cost(balancers[i], time));
                        foreach (var (threads, values) in rates[i])
                        {
                            values.Add(PickLoop.Rate(balancers[i], threads, time));
                        }
                    }
                }

                Print($"two interlocked operations: {least.Min():0.0} to {least.Max():0.0} ns");
                for (var i = 0; i < kinds.Length; i++)
                {
                    var (one, two, eight) = (Median(rates[i][1]), Median(rates[i][2]), Median(rates[i][8]));
                    Print($"N = {count,6} {(isSkewed ? "skewed" : "equal"),-6} {kinds[i],-16}: {costs[i].Min(),6:0.0} to {costs[i].Max(),6:0.0} ns; 1 thread {one / 1e6,6:0.00} M/s; 2 threads {two / 1e6,6:0.00} M/s, x {two / one:0.00}; 8 threads {eight / 1e6,6:0.00} M/s, x {eight / two:0.00} of 2");
                }
            }
        }
    }

    private static void Costs(BalancerKind[] kinds, int rounds, TimeSpan time)
    {
        foreach (var count in (int[])[10, 100, 1_000])
        {
            var balancers = kinds.Select(kind => With(kind, Sets.Of(count, skewed: false))).ToArray();
            foreach (var balancer in balancers)
            {
                _ = PickLoop.Cost(balancer, time);
            }

            var costs = kinds.Select(_ => new List<double>()).ToArray();
            for (var round = 0; round < rounds; round++)
            {
                for (var i = 0; i < kinds.Length; i++)
                {
                    costs[i].Add(PickLoop.Cost(balancers[i], time));
                }
            }

            for (var i = 0; i < kinds.Length; i++)
            {
                Print($"COST {count} {kinds[i]} {Median(costs[i]):0.00} {costs[i].Min():0.00} {PickLoop.LeastCost(time):0.00}");
            }
        }
    }

    private static void Updates(BalancerKind[] kinds, int rounds)
    {
        foreach (var isSkewed in (bool[])[false, true])
        {
            EndpointSet[] sets = [Sets.Of(10_000, isSkewed), Sets.Of(10_000, isSkewed, first: 1)];
            foreach (var kind in kinds)
            {
                var balancer = With(kind, sets[0]);
                var times = new List<double>();
                for (var i = 1; i <= (rounds * 2) + 20; i++)
                {
                    times.Add(PickLoop.Time(() => balancer.Update(sets[i % 2])).TotalMilliseconds);
                }

                times.RemoveRange(0, 20);
                Print($"update of 10,000 {(isSkewed ? "skewed" : "equal"),-6} {kind,-16}: {Median(times),8:0.00} ms, best {times.Min(),8:0.00}, worst {times.Max(),8:0.00}");
            }
        }
    }

    private static void Latency(BalancerKind[] kinds, TimeSpan time)
    {
        EndpointSet[] sets = [Sets.Of(10_000, skewed: false), Sets.Of(10_000, skewed: false, first: 1)];
        foreach (var kind in kinds)
        {
            var balancer = With(kind, sets[0]);
            foreach (var updating in (bool[])[false, true])
            {
                var (median, most, worst, updates) = PickLoop.Latency(balancer, updating ? sets : [], time);
                Print($"pick at N = 10,000, {(updating ? $"{updates,4} updates" : "     no updates"),-15} {kind,-16}: median {median,7:0.00} us, p99.9 {most,8:0.00} us, worst {worst,9:0.0} us");
            }
        }
    }

    private static ILoadBalancer With(BalancerKind kind, EndpointSet set)
    {
        var balancer = LoadBalancers.Create(kind);
        balancer.Update(set);

        // So that endpoints have been connected to, as those of a proxy that runs.
        for (var i = 0; i < 10 * set.Count; i++)
        {
            _ = balancer.Pick(default, out var lease);
            lease.Connected(TimeSpan.FromMilliseconds(1));
            lease.Complete();
        }

        return balancer;
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static int Option(string[] args, string name, int value) => Text(args, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : value;

    private static string? Text(string[] args, string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
}
