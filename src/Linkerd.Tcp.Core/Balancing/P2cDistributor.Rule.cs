namespace Linkerd.Tcp;

/// <content>The rule between two candidates.</content>
internal sealed partial class P2cDistributor
{
    // The most picks that an endpoint may be owed, in picks of the lighter of two. One that was slow, or could not be picked for an
    // hour, fell behind by any number; to make up for all of them it would get nearly every session of the next one.
    private const double MostOwed = 64;

    private static Endpoint Better(ref Slot a, ref Slot b)
    {
        var loadA = a.Endpoint.ReadLoad(out var picksA);
        var loadB = b.Endpoint.ReadLoad(out var picksB);

        // Better by a whole connection: still no worse with the one that it would get. To compare (load + c) / weight instead gives
        // heavy endpoints far too much while few connections are held, whatever the c.
        var isBetterB = (loadB + 1) * a.Weight <= loadA * b.Weight;
        var isBetterA = (loadA + 1) * b.Weight <= loadB * a.Weight;

        // Fewer picks per weight, multiplied out.
        var usedA = (picksA - a.Offset) * b.Weight;
        var usedB = (picksB - b.Offset) * a.Weight;

        // No branches here: which one wins is a coin toss, and a mispredicted one costs more than all of the arithmetic.
        var isB = isBetterB | (!isBetterA & (usedB < usedA));
        if (Math.Abs(usedA - usedB) > MostOwed * double.MaxNative(a.Weight, b.Weight))
        {
            Forgive(ref a, ref b, picksA, picksB, usedA, usedB);
        }

        var endpointA = a.Endpoint;
        var endpointB = b.Endpoint;
        return isB ? endpointB : endpointA;
    }

    // Moves the one that is behind up, so that it is owed as much as is allowed and no more.
    private static void Forgive(ref Slot a, ref Slot b, long picksA, long picksB, double usedA, double usedB)
    {
        var most = MostOwed * Math.Max(a.Weight, b.Weight);
        if (usedB < usedA)
        {
            b.Offset = picksB - ((usedA - most) / a.Weight);
        }
        else
        {
            a.Offset = picksA - ((usedB - most) / b.Weight);
        }
    }

    /// <summary>An endpoint within this group.</summary>
    private struct Slot(Endpoint endpoint, double weight, double offset)
    {
        public readonly Endpoint Endpoint = endpoint;

        /// <summary>As a share of the group's greatest, so that products stay within range.</summary>
        public readonly double Weight = weight;

        /// <summary>
        /// The picks that do not count here: those before it joined, so that it starts level with the others. Written by picks without
        /// a lock: two that meet write nearly the same, and what one of them loses is of no weight.
        /// </summary>
        public double Offset = offset;
    }
}
