using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.RoundRobin;

/// <content>Where the turns start, and what an update keeps of them.</content>
internal sealed partial class RoundRobinDistributor
{
    // What a weight counts for at the least, relative to the greatest, and how far deadlines go before they start over: so that a turn of the heaviest
    // one still makes a difference after one of the lightest.
    private const double LeastWeight = 1e-9;
    private const double MostDeadline = 1e12;

    // The golden ratio's fraction: its multiples spread any number of turns evenly over the round.
    private const double Golden = 0.6180339887498949;

    /// <summary>A <see cref="DistributorFactory"/>, but for the source of the place that the turns start at.</summary>
    public static Distributor Create(ReadOnlySpan<GroupMember> members, Distributor? previous, IRandomSource random)
    {
        var endpoints = EndpointsOf(members);
        var steps = WeightedSlot.Scale(members, LeastWeight);
        var items = Start(steps, random);
        (previous as RoundRobinDistributor)?.CarryOn(endpoints, items);
        for (var i = 0; i < steps.Length; i++)
        {
            steps[i] = 1 / steps[i];
            items[i].Deadline *= steps[i];
        }

        return new RoundRobinDistributor(endpoints, steps, new DeadlineHeap(items));
    }

    // In shares of the own step. By weight, as those of the same weight must not come one after the other, and at random within one, so that proxies
    // that start together do not go through the endpoints together.
    private static DeadlineHeap.Item[] Start(double[] weights, IRandomSource random)
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

    // Those that stay keep what they have waited of their step.
    private void CarryOn(ServerEndpoint[] endpoints, DeadlineHeap.Item[] items)
    {
        lock (_lock)
        {
            var now = _schedule.Next.Deadline;
            var left = new double[Members.Length];
            foreach (ref readonly var item in _schedule.Items)
            {
                left[item.Index] = Math.Clamp((item.Deadline - now) / _steps[item.Index], 0, 1);
                Members[item.Index].Mark = item.Index;
            }

            for (var i = 0; i < endpoints.Length; i++)
            {
                var mark = endpoints[i].Mark;
                if (mark < left.Length && ReferenceEquals(Members[mark], endpoints[i]))
                {
                    items[i].Deadline = left[mark];
                }
            }
        }
    }

    private void StartOver()
    {
        var now = _schedule.Next.Deadline;
        foreach (ref var item in _schedule.Items)
        {
            item.Deadline -= now;
        }
    }
}
