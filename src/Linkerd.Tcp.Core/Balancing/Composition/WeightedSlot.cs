using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.Composition;

/// <summary>An endpoint within a group, in the form of distributors that count picks.</summary>
internal struct WeightedSlot(ServerEndpoint endpoint, double weight, double offset)
{
    public readonly ServerEndpoint Endpoint = endpoint;

    /// <summary>As a share of the group's greatest, so that products stay within range.</summary>
    public readonly double Weight = weight;

    /// <summary>
    /// The picks that do not count here: those before it joined, so that it starts level with the others. Written by picks without
    /// a lock: two that meet write nearly the same, and the loss of one of them does not matter.
    /// </summary>
    public double Offset = offset;

    // The least effective weight, relative to the greatest: far less than 64 bits can draw, but not nothing.
    private const double MinWeight = 1e-30;

    /// <summary>Creates the slots of a group.</summary>
    /// <param name="members">Its members.</param>
    /// <param name="previous">The slots of the group that it replaces; empty for a new one.</param>
    /// <param name="previousBranches">The counters of their picks, by slot; null if the endpoints counted them.</param>
    public static WeightedSlot[] Make(ReadOnlySpan<GroupMember> members, WeightedSlot[] previous, EndpointBranch?[]? previousBranches)
    {
        var weights = Scale(members, MinWeight);
        var slots = new WeightedSlot[members.Length];
        var sum = 0.0;
        for (var i = 0; i < slots.Length; i++)
        {
            sum += weights[i];
            EndpointBranch.ReadLoad(members[i].Endpoint, members[i].Branch, out var picks);
            slots[i] = new WeightedSlot(members[i].Endpoint, weights[i], picks);
        }

        CarryOn(previous, previousBranches, slots, sum);
        return slots;
    }

    /// <summary>Gets the weights as shares of the greatest.</summary>
    /// <param name="members">The members.</param>
    /// <param name="least">The least result of a weight.</param>
    public static double[] Scale(ReadOnlySpan<GroupMember> members, double least)
    {
        var greatest = 0.0;
        foreach (var member in members)
        {
            greatest = Math.Max(greatest, member.Weight);
        }

        var weights = new double[members.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = Math.Max(members[i].Weight / greatest, least);
        }

        return weights;
    }

    // Endpoints that stay keep their lead: the number of picks by which they are ahead of the group's average, or behind. The others start level.
    // A lead shrinks with the endpoint's share, and never grows: as picks per weight it would, by a new weight of ten times the old one
    // a debt of one pick would become ten, in a burst.
    private static void CarryOn(WeightedSlot[] previous, EndpointBranch?[]? branches, WeightedSlot[] slots, double sum)
    {
        // By the counters of that time, which need not be the present ones.
        var used = new double[previous.Length];
        var oldPicks = 0.0;
        var oldSum = 0.0;
        for (var i = 0; i < previous.Length; i++)
        {
            ref readonly var slot = ref previous[i];
            slot.Endpoint.Mark = i;
            EndpointBranch.ReadLoad(slot.Endpoint, branches?[i], out var picks);
            used[i] = picks - slot.Offset;
            oldPicks += used[i];
            oldSum += slot.Weight;
        }

        foreach (ref var slot in slots.AsSpan())
        {
            // The mark of an endpoint that was not in this group is from elsewhere.
            var mark = slot.Endpoint.Mark;
            if (mark < previous.Length && ReferenceEquals(previous[mark].Endpoint, slot.Endpoint))
            {
                ref readonly var old = ref previous[mark];
                var lead = used[mark] - (oldPicks / oldSum * old.Weight);
                slot.Offset -= lead * Math.Min(1, slot.Weight / sum / (old.Weight / oldSum));
            }
        }
    }
}
