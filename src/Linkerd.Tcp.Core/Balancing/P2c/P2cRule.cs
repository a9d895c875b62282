using System.Runtime.CompilerServices;
using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.P2c;

/// <summary>The rule between two candidates.</summary>
/// <typeparam name="TMetric">Decides which of two candidates is the better one.</typeparam>
internal static class P2cRule<TMetric>
    where TMetric : struct, ILoadMetric
{
    // The most picks that an endpoint may be owed, in picks of the lighter of two. One that was slow, or could not be picked for an
    // hour, fell behind by any number; to make up for all of them it would get nearly every session of the next one.
    private const double MaxOwed = 64;

    // Of two that are in no other group, so that their own counters are the group's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ServerEndpoint Better(ref WeightedSlot a, ref WeightedSlot b, ref PickState scope)
    {
        var loadA = a.Endpoint.ReadLoad(out var picksA);
        var loadB = b.Endpoint.ReadLoad(out var picksB);
        var isB = IsBetter(ref a, null, loadA, picksA, ref b, null, loadB, picksB, ref scope);
        var endpointA = a.Endpoint;
        var endpointB = b.Endpoint;
        return isB ? endpointB : endpointA;
    }

    // Returns true if the second wins.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsBetter(
        ref WeightedSlot a, EndpointBranch? branchA, long loadA, long picksA, ref WeightedSlot b, EndpointBranch? branchB, long loadB, long picksB, ref PickState scope)
    {
        TMetric.Compare(
            new(a.Endpoint, a.Weight, loadA, branchA), new(b.Endpoint, b.Weight, loadB, branchB), ref scope, out var isBetterA, out var isBetterB);

        // Fewer picks per weight, multiplied out.
        var usedA = (picksA - a.Offset) * b.Weight;
        var usedB = (picksB - b.Offset) * a.Weight;

        // No branches here: which one wins is a coin toss, and a mispredicted one costs more than all of the arithmetic.
        var isB = isBetterB | (!isBetterA & (usedB < usedA));
        if (Math.Abs(usedA - usedB) > MaxOwed * double.MaxNative(a.Weight, b.Weight))
        {
            CapDeficit(ref a, ref b, picksA, picksB, usedA, usedB);
        }

        return isB;
    }

    // If a weight is in slow start, earlier picks do not decide what is due: of two equals the one drawn first wins, as both were drawn in
    // proportion to their weights of this moment, and the account of the one that starts is kept level.
    public static bool IsBetterOfRamping(
        ref WeightedSlot a, in Candidate candidateA, long picksA, ref WeightedSlot b, in Candidate candidateB, long picksB, ref PickState scope)
    {
        TMetric.Compare(in candidateA, in candidateB, ref scope, out _, out var isBetterB);
        if (candidateA.Weight < a.Weight)
        {
            a.Offset = picksA - ((picksB - b.Offset) * a.Weight / b.Weight);
        }
        else
        {
            b.Offset = picksB - ((picksA - a.Offset) * b.Weight / a.Weight);
        }

        return isBetterB;
    }

    // Moves the one that is behind up, so that it is owed as much as is allowed and no more.
    private static void CapDeficit(ref WeightedSlot a, ref WeightedSlot b, long picksA, long picksB, double usedA, double usedB)
    {
        var most = MaxOwed * Math.Max(a.Weight, b.Weight);
        if (usedB < usedA)
        {
            b.Offset = picksB - ((usedA - most) / a.Weight);
        }
        else
        {
            a.Offset = picksA - ((usedB - most) / b.Weight);
        }
    }
}
