using System.Diagnostics;
using System.Globalization;
using Linkerd.Tcp.Namerd;

namespace Linkerd.Tcp.Benchmarks.Discovery;

/// <summary>
/// What discovery costs from namerd to the pick: the stand-in for namerd in a process of its own, and in this one <see cref="NamerdResolver"/>, <see cref="DestinationRegistry"/>
/// and a balancer for each name, over loopback. <c>discovery [--names N] [--endpoints N] [--warm-up N] [--updates N] [--burst N] [--outage SECONDS] [--resolve]</c>.
/// </summary>
internal static class DiscoveryCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        var names = Option(args, "--names", 1000);
        var endpoints = Option(args, "--endpoints", 10);
        if (args is ["namerd", ..])
        {
            await NamerdChild.RunAsync(names, endpoints);
            return 0;
        }

        var mode = args.Contains("--resolve") ? NamerdMode.Resolve : NamerdMode.Bind;
        var watches = mode == NamerdMode.Resolve ? names : 2 * names;
        using var namerd = await NamerdProcess.StartAsync(names, endpoints);
        await using var resolver = new NamerdResolver(new NamerdOptions
        {
            BaseAddresses = [namerd.BaseAddress],
            Mode = mode,

            // What is done now and then whether anything changes or not is not what an update costs.
            Interval = TimeSpan.FromDays(1),
            MaxStreamAge = TimeSpan.FromDays(1),
        });
        await using var router = new DestinationRegistry(resolver);
        var watched = new WatchedNames(router, namerd, names, endpoints);

        Say($"{names} names of {endpoints} endpoints, {resolver}; {Environment.ProcessorCount} processors, load average {LoadAverage()}");
        await StartAsync(watched, namerd, names, watches);

        // Until the code is compiled for good.
        await watched.UpdateAsync(Option(args, "--warm-up", endpoints > 1000 ? 50 : 4000), picks: true);
        await UpdateAsync(watched, namerd, Option(args, "--updates", 100));
        await BurstAsync(watched, namerd, Option(args, "--burst", Math.Clamp(20_000_000 / endpoints / 1000, 20, 1000)));
        if (Option(args, "--outage", 0) is > 0 and var seconds)
        {
            await OutageAsync(namerd, seconds, watches);
        }

        Say($"load average at the end {LoadAverage()}");
        return 0;
    }

    private static async Task StartAsync(WatchedNames watched, NamerdProcess namerd, int names, int watches)
    {
        var (managed, resident) = (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);
        var (start, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        await watched.StartAsync();
        var known = Stopwatch.GetElapsedTime(start);
        var connections = await namerd.AskAsync($"watches {watches}");
        var used = Environment.CpuUsage.TotalTime - cpu;
        Say($"all names known after {known.TotalMilliseconds:0} ms; {watches} watches over {connections} connections; {used.TotalMilliseconds / names:0.00} ms of CPU a name");
        var (heldManaged, heldResident) = (GC.GetTotalMemory(forceFullCollection: true) - managed, Environment.WorkingSet - resident);
        Say($"memory a name: {heldManaged / 1024.0 / names:0.0} KiB managed, {heldResident / 1024.0 / names:0.0} KiB resident (with its connections and its balancer)");
    }

    private static async Task UpdateAsync(WatchedNames watched, NamerdProcess namerd, int updates)
    {
        var seen = await watched.UpdateAsync(updates, picks: true);
        Say($"{updates} updates, one endpoint replaced in each, from the event on the wire");
        Say($"  until the set is in force:       {Spread(seen.Select(update => update.InForce))}");
        Say($"  until a pick returned the new:   {Spread(seen.Select(update => update.Picked))}, after {Median(seen.Select(update => (double)update.Picks)):0} picks (median)");

        var cpu = Environment.CpuUsage.TotalTime;
        for (var i = 0; i < updates; i++)
        {
            await namerd.AskAsync("nothing");
        }

        var asking = Environment.CpuUsage.TotalTime - cpu;
        cpu = Environment.CpuUsage.TotalTime;
        await watched.UpdateAsync(updates, picks: false);
        var used = Environment.CpuUsage.TotalTime - cpu;
        Say($"CPU of this process, without picks, the stand-in and what telling it costs ({asking.TotalMilliseconds / updates:0.000} ms): {(used - asking).TotalMilliseconds / updates:0.000} ms an update");
    }

    private static async Task BurstAsync(WatchedNames watched, NamerdProcess namerd, int events)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var (applied, behind) = await watched.BurstAsync(events);
        var used = Environment.CpuUsage.TotalTime - cpu;
        Say($"{events} events of one name at once: {applied} sets applied; the last is in force {behind.TotalMilliseconds:0.00} ms after its event; {used.TotalMilliseconds / events:0.000} ms of CPU an event");

        cpu = Environment.CpuUsage.TotalTime;
        var all = await watched.UpdateAllAsync();
        used = Environment.CpuUsage.TotalTime - cpu;
        Say($"one event for each of the names at once: the last set is in force {all.TotalMilliseconds:0.00} ms after the last event; {used.TotalMilliseconds / watched.Count:0.000} ms of CPU an event");
    }

    private static async Task OutageAsync(NamerdProcess namerd, int seconds, int watches)
    {
        await namerd.AskAsync("down");
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        Say($"namerd was down for {seconds} s; from when it listens again: {await namerd.AskAsync($"up {watches}")}");
    }

    private static string Spread(IEnumerable<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToArray();
        return string.Create(CultureInfo.InvariantCulture, $"p50 {At(0.5):0.00} ms, p99 {At(0.99):0.00} ms, max {sorted[^1]:0.00} ms");

        double At(double share) => sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    private static string LoadAverage() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "not known";

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static int Option(string[] args, string name, int value) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : value;
}
