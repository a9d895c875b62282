namespace Linkerd.Tcp;

/// <content>Making one, and what it carries on from the one before.</content>
internal sealed partial class P2cDistributor
{
    // What a weight counts for at the least, relative to the greatest: far less than 64 bits can draw, but not nothing.
    private const double LeastWeight = 1e-30;

    /// <summary>A <see cref="DistributorFactory"/>.</summary>
    public static Distributor Create(ReadOnlySpan<GroupMember> members, Distributor? previous)
    {
        var greatest = 0.0;
        var least = double.MaxValue;
        foreach (var member in members)
        {
            greatest = Math.Max(greatest, member.Weight);
            least = Math.Min(least, member.Weight);
        }

        var slots = new Slot[members.Length];
        var sum = 0.0;
        for (var i = 0; i < slots.Length; i++)
        {
            var weight = Math.Max(members[i].Weight / greatest, LeastWeight);
            sum += weight;
            slots[i] = new Slot(members[i].Endpoint, weight, members[i].Endpoint.Picks);
        }

        (previous as P2cDistributor)?.CarryOn(slots, sum);
        return new P2cDistributor(slots, least == greatest ? null : new AliasTable(Weights(members)));
    }

    private static double[] Weights(ReadOnlySpan<GroupMember> members)
    {
        var weights = new double[members.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            weights[i] = members[i].Weight;
        }

        return weights;
    }

    // Endpoints that stay keep their lead: how many picks they are ahead of the group's average, or behind. The others start level.
    // A lead shrinks with the endpoint's share, and never grows: as picks per weight it would, by a new weight of ten times the old one
    // a debt of one pick would become ten, in a burst.
    private void CarryOn(Slot[] slots, double sum)
    {
        var oldPicks = 0.0;
        var oldSum = 0.0;
        for (var i = 0; i < _slots.Length; i++)
        {
            ref readonly var slot = ref _slots[i];
            slot.Endpoint.Mark = i;
            oldPicks += slot.Endpoint.Picks - slot.Offset;
            oldSum += slot.Weight;
        }

        foreach (ref var slot in slots.AsSpan())
        {
            // The mark of an endpoint that was not in this group is from elsewhere.
            var mark = slot.Endpoint.Mark;
            if (mark < _slots.Length && ReferenceEquals(_slots[mark].Endpoint, slot.Endpoint))
            {
                ref readonly var old = ref _slots[mark];
                var lead = slot.Offset - old.Offset - (oldPicks / oldSum * old.Weight);
                slot.Offset -= lead * Math.Min(1, slot.Weight / sum / (old.Weight / oldSum));
            }
        }
    }
}
