using Linkerd.Tcp.Balancing.Apertures;
using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.Maglev;

/// <content>What is made in an update, while picks go on with what was before.</content>
internal sealed partial class MaglevDistributor
{
    // A weight below that of the greatest has no entry in any table.
    private const double LeastWeight = 1e-9;

    /// <summary>A <see cref="DistributorFactory"/>, but for the options that have the bound.</summary>
    public static Distributor Create(ReadOnlySpan<GroupMember> members, Distributor? previous, BalancerOptions options)
    {
        var sorted = AddressOrder.Sort(members);
        var weights = WeightedSlot.Scale(sorted, LeastWeight);
        var targets = new Target[sorted.Length];
        var hashes = new ulong[sorted.Length];
        for (var i = 0; i < targets.Length; i++)
        {
            hashes[i] = AddressOrder.Hash(sorted[i].Endpoint.Address);
            targets[i] = new Target(weights[i], hashes[i]);
        }

        var table = previous is MaglevDistributor old && HasSame(old._targets, targets) ? old._table : new MaglevTable(hashes, weights);
        return new MaglevDistributor(EndpointsOf(sorted), EndpointBranch.Of(sorted), targets, table, options);
    }

    private static bool HasSame(Target[] a, Target[] b)
    {
        if (a.Length != b.Length)
        {
            return false;
        }

        for (var i = 0; i < a.Length; i++)
        {
            if (a[i].Hash != b[i].Hash || a[i].Weight != b[i].Weight)
            {
                return false;
            }
        }

        return true;
    }
}
