using System.Globalization;

namespace Linkerd.Tcp.Benchmarks.CopyCost;

/// <summary>
/// What a copy costs in CPU time: <see cref="DuplexProxy"/> against a loop written by hand, each in a process of its own on one core,
/// the load and the backend on another, in turns. <c>copy-cost [--rounds N] [--gib N] [--connections N]</c>.
/// </summary>
internal static class CopyCostCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["relay", var way, var port])
        {
            await Relay.RunAsync(way, int.Parse(port, CultureInfo.InvariantCulture));
            return 0;
        }

        var rounds = Option(args, "--rounds", 7);
        var gib = Option(args, "--gib", 2);
        var connections = Option(args, "--connections", 4);
        var pings = Option(args, "--pings", 100_000);
        await using var backend = new Backend();
        var kinds = new[] { "handwritten", "duplex" };
        var costs = kinds.ToDictionary(name => name, _ => (Bulk: new List<double>(), PingPong: new List<double>()));
        foreach (var kind in kinds)
        {
            await MeasureAsync(kind, backend, 1, connections, pings / 10);
        }

        for (var round = 0; round < rounds; round++)
        {
            foreach (var kind in kinds)
            {
                var (bulk, pingPong) = await MeasureAsync(kind, backend, gib, connections, pings);
                costs[kind].Bulk.Add(bulk);
                costs[kind].PingPong.Add(pingPong);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"round {round + 1}: {kind,-12} {bulk:0.000} s/GiB {pingPong:0.00} us/round trip"));
            }
        }

        var (hand, ours) = (costs["handwritten"], costs["duplex"]);
        Print("bulk, s/GiB", hand.Bulk, ours.Bulk);
        Print("64-byte ping-pong, us", hand.PingPong, ours.PingPong);
        return 0;
    }

    private static async Task<(double SecondsPerGib, double MicrosecondsPerRoundTrip)> MeasureAsync(string kind, Backend backend, int gib, int connections, int pings)
    {
        using var relay = await RelayProcess.StartAsync(kind, backend.Port);

        // Until the code is compiled for good: what the runtime takes to compile the two is not what they cost.
        for (var i = 0; i < 4; i++)
        {
            await Load.DownloadAsync(relay.Port, connections, 256L << 20);
            await Load.PingPongAsync(relay.Port, connections, 2000);
            await Task.Delay(TimeSpan.FromMilliseconds(150));
        }

        var before = relay.CpuTime;
        await Load.DownloadAsync(relay.Port, connections, (long)gib << 30);
        var bulk = (relay.CpuTime - before).TotalSeconds / gib;
        await Load.PingPongAsync(relay.Port, connections, pings / 10);
        before = relay.CpuTime;
        await Load.PingPongAsync(relay.Port, connections, pings);
        return (bulk, (relay.CpuTime - before).TotalMicroseconds / pings);
    }

    private static void Print(string what, List<double> hand, List<double> ours) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what}: by hand {Median(hand):0.000}, DuplexProxy {Median(ours):0.000}, ratio {Median(ours) / Median(hand):0.000}, median of the rounds' ratios {Median([.. ours.Zip(hand, static (a, b) => a / b)]):0.000}"));

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static int Option(string[] args, string name, int value) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : value;
}
