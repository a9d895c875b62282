using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.RoundRobin;

/// <summary>The order in which the endpoints of a new group have their first turns.</summary>
internal static class TurnOrder
{
    // The golden ratio's fraction: its multiples spread any number of turns evenly over the round.
    private const double Golden = 0.6180339887498949;

    // In shares of the own step. By weight, as those of the same weight must not come one after the other, and at random within one, so that proxies
    // that start together do not go through the endpoints together.
    public static DeadlineHeap.Item[] Start(double[] weights, IRandomSource random)
    {
        var order = new int[weights.Length];
        for (var i = 0; i < order.Length; i++)
        {
            // Shuffled while it is made.
            var j = (int)Math.BigMul(random.NextUInt64(), (ulong)i + 1, out _);
            order[i] = order[j];
            order[j] = i;
        }

        if (weights.AsSpan().ContainsAnyExcept(weights[0]))
        {
            Array.Sort(Array.ConvertAll(order, i => weights[i]), order);
        }

        var items = new DeadlineHeap.Item[order.Length];
        var phase = random.NextDouble();
        for (var i = 0; i < order.Length; i++)
        {
            items[order[i]] = new DeadlineHeap.Item(phase, order[i]);
            phase += phase + Golden < 1 ? Golden : Golden - 1;
        }

        return items;
    }
}
