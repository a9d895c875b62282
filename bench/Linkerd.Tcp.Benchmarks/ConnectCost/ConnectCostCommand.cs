using System.Globalization;

namespace Linkerd.Tcp.Benchmarks.ConnectCost;

/// <summary>
/// The CPU time and the allocations of a client-side connection, and of a round trip, of this process: <see cref="Destination.ConnectAsync"/> against connecting by hand, in turns.
/// <c>connect-cost [--rounds N] [--connections N] [--round-trips N]</c>. Pin it (<c>taskset -c 1</c>); the servers are in a process on processor 0.
/// </summary>
internal static class ConnectCostCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["servers", var count])
        {
            return EchoServers.Run(int.Parse(count, CultureInfo.InvariantCulture));
        }

        var rounds = Option(args, "--rounds", 15);
        var connections = Option(args, "--connections", 4_000);
        var roundTrips = Option(args, "--round-trips", 20_000);
        await using var suite = new ConnectSuite();
        await suite.StartAsync();

        // Until the code is compiled for good.
        for (var i = 0; i < 30; i++)
        {
            await suite.ByHandAsync(2_000);
            await suite.BalancedAsync(2_000);
            await suite.ByHandRoundTripsAsync(5_000);
            await suite.BalancedRoundTripsAsync(5_000);
            await Task.Delay(TimeSpan.FromMilliseconds(150));
        }

        await CompareAsync("connection", rounds, connections, suite.ByHandAsync, suite.BalancedAsync);
        await CompareAsync("A/A by hand", rounds, connections, suite.ByHandAsync, suite.ByHandAsync);
        await CompareAsync("round trip", rounds, roundTrips, suite.ByHandRoundTripsAsync, suite.BalancedRoundTripsAsync);
        return 0;
    }

    private static async Task CompareAsync(string what, int rounds, int count, Func<int, Task> byHand, Func<int, Task> balanced)
    {
        var pairs = new List<(Cost Hand, Cost Ours)>();
        for (var i = 0; i < rounds; i++)
        {
            // The first of a pair has no advantage that lasts.
            var first = i % 2 == 0 ? await MeasureAsync(byHand, count) : default;
            var ours = await MeasureAsync(balanced, count);
            pairs.Add((i % 2 == 0 ? first : await MeasureAsync(byHand, count), ours));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: by hand {Median(pairs.Select(static pair => pair.Hand.Microseconds)):0.00} us, {Median(pairs.Select(static pair => pair.Hand.Bytes)):0.0} bytes; destination {Median(pairs.Select(static pair => pair.Ours.Microseconds)):0.00} us, {Median(pairs.Select(static pair => pair.Ours.Bytes)):0.0} bytes; median of the pairs' CPU ratios {Median(pairs.Select(static pair => pair.Ours.Microseconds / pair.Hand.Microseconds)):0.000}"));
        Console.WriteLine($"  pairs: {string.Join(' ', pairs.Select(static pair => (pair.Ours.Microseconds / pair.Hand.Microseconds).ToString("0.00", CultureInfo.InvariantCulture)))}");
    }

    private static async Task<Cost> MeasureAsync(Func<int, Task> run, int count)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var (cpu, bytes) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes(precise: true));
        await run(count);
        return new((Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / count, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / (double)count);
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static int Option(string[] args, string name, int value) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : value;

    private readonly record struct Cost(double Microseconds, double Bytes);
}
