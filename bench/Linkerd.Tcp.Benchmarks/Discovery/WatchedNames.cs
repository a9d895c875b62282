using System.Diagnostics;
using System.Globalization;
using System.Net;
using Linkerd.Tcp.Balancing;

namespace Linkerd.Tcp.Benchmarks.Discovery;

/// <summary>What became of one update.</summary>
/// <param name="InForce">Milliseconds from the event on the wire until the balancer has the set.</param>
/// <param name="Picked">Milliseconds from the event on the wire until a pick returned the new endpoint.</param>
/// <param name="Picks">How many picks that took.</param>
internal readonly record struct SeenUpdate(double InForce, double Picked, int Picks);

/// <summary>The destinations of all names, and what becomes of what namerd says of them.</summary>
internal sealed class WatchedNames(DestinationRegistry router, NamerdProcess namerd, int names, int endpoints)
{
    private readonly Destination[] _destinations = new Destination[names];
    private int _generation;

    public int Count => names;

    /// <summary>Watches all of them, and waits until each is known.</summary>
    public async Task StartAsync()
    {
        for (var i = 0; i < names; i++)
        {
            _destinations[i] = router.Get(DstPath.Parse(NamerdChild.NameOf(i)));
        }

        foreach (var destination in _destinations)
        {
            await UntilAsync(destination, destination => destination.Balancer.Endpoints.Count == endpoints);
        }
    }

    /// <summary>Updates one name after the other.</summary>
    public async Task<List<SeenUpdate>> UpdateAsync(int updates, bool picks)
    {
        var seen = new List<SeenUpdate>();
        for (var i = 0; i < updates; i++)
        {
            var name = i * 7919 % names;
            var seeing = SeeAsync(_destinations[name], _destinations[name].Updates, picks ? NamerdChild.Changing(++_generation) : null);
            var sent = await namerd.AskTimestampAsync($"set {name} {(picks ? _generation : ++_generation)}");
            var (inForce, picked, count) = await seeing;
            seen.Add(new SeenUpdate(Milliseconds(sent, inForce), Milliseconds(sent, picked), count));
        }

        return seen;
    }

    /// <summary>Updates one name many times as fast as namerd can: how many sets came to be applied, and how long after the last event the last one was in force.</summary>
    public async Task<(long Applied, TimeSpan Behind)> BurstAsync(int events)
    {
        var destination = _destinations[0];
        var before = destination.Updates;
        var first = _generation + 1;
        _generation += events;
        var last = NamerdChild.Changing(_generation);
        var seeing = Task.Run(async () =>
        {
            await UntilAsync(destination, destination => destination.Balancer.Endpoints.Any(endpoint => endpoint.Address.Equals(last)));
            return Stopwatch.GetTimestamp();
        });
        var sent = await namerd.AskTimestampAsync($"burst 0 {first} {events}");
        var behind = TimeSpan.FromMilliseconds(Math.Max(0, Milliseconds(sent, await seeing)));

        // An update is counted when the set is in force already.
        await Task.Delay(100);
        return (destination.Updates - before, behind);
    }

    /// <summary>Updates every name once, as fast as namerd can: how long after the last event the last set was in force.</summary>
    public async Task<TimeSpan> UpdateAllAsync()
    {
        _generation++;
        var seeing = _destinations.Select(destination => SeeAsync(destination, destination.Updates, look: null)).ToList();
        var sent = await namerd.AskTimestampAsync(string.Create(CultureInfo.InvariantCulture, $"all {_generation}"));
        var last = (await Task.WhenAll(seeing)).Max(seen => seen.InForce);
        return TimeSpan.FromMilliseconds(Math.Max(0, Milliseconds(sent, last)));
    }

    // As a session does that waits: told of the change, it picks.
    private static async Task<(long InForce, long Picked, int Picks)> SeeAsync(Destination destination, long before, IPEndPoint? look)
    {
        await UntilAsync(destination, destination => destination.Updates > before);
        var inForce = Stopwatch.GetTimestamp();
        var picks = 0;
        while (look is not null)
        {
            picks++;
            if (destination.Balancer.Pick(default, out var lease) == PickResult.Picked)
            {
                var isIt = look.Equals(lease.Endpoint!.Address);
                lease.Complete();
                if (isIt)
                {
                    break;
                }
            }
        }

        return (inForce, Stopwatch.GetTimestamp(), picks);
    }

    private static async Task UntilAsync(Destination destination, Func<Destination, bool> condition)
    {
        while (true)
        {
            var version = destination.Version;
            if (condition(destination))
            {
                return;
            }

            await destination.WaitChangedAsync(version, CancellationToken.None);
        }
    }

    private static double Milliseconds(long from, long to) => Stopwatch.GetElapsedTime(from, to).TotalMilliseconds;
}
