using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.Composition;

/// <summary>An endpoint within a group, as distributors keep it that count picks.</summary>
internal struct WeightedSlot(ServerEndpoint endpoint, double weight, double offset)
{
    public readonly ServerEndpoint Endpoint = endpoint;

    /// <summary>As a share of the group's greatest, so that products stay within range.</summary>
    public readonly double Weight = weight;

    /// <summary>
    /// The picks that do not count here: those before it joined, so that it starts level with the others. Written by picks without
    /// a lock: two that meet write nearly the same, and what one of them loses is of no weight.
    /// </summary>
    public double Offset = offset;

    // What a weight counts for at the least, relative to the greatest: far less than 64 bits can draw, but not nothing.
    private const double MinWeight = 1e-30;

    /// <summary>The slots of a group.</summary>
    /// <param name="members">Its members.</param>
    /// <param name="previous">The slots of the group that it replaces; empty for a new one.</param>
    /// <param name="previousBranches">What counted the picks of those, by slot; null where the endpoints did.</param>
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

    /// <summary>The weights as shares of the greatest.</summary>
    /// <param name="members">Whose weights.</param>
    /// <param name="least">What a weight counts for at the least.</param>
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

    // Endpoints that stay keep their lead: how many picks they are ahead of the group's average, or behind. The others start level.
    // A lead shrinks with the endpoint's share, and never grows: as picks per weight it would, by a new weight of ten times the old one
    // a debt of one pick would become ten, in a burst.
    private static void CarryOn(WeightedSlot[] previous, EndpointBranch?[]? branches, WeightedSlot[] slots, double sum)
    {
        // By what counted them then, which need not be what counts them now.
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
