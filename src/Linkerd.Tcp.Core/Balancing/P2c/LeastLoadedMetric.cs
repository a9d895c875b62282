using System.Runtime.CompilerServices;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.P2c;

/// <summary>
/// Load per weight, open and pending, better by a whole connection: still no worse with the one that it would get. To compare (load + c) / weight
/// instead gives heavy endpoints far too much while few connections are held, whatever the c.
/// </summary>
internal readonly struct LeastLoadedMetric : ILoadMetric
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Compare(in Candidate a, in Candidate b, ref PickState scope, out bool isBetterA, out bool isBetterB)
    {
        isBetterB = (b.Load + 1) * a.Weight <= a.Load * b.Weight;
        isBetterA = (a.Load + 1) * b.Weight <= b.Load * a.Weight;
    }
}
