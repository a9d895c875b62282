namespace Linkerd.Tcp;

/// <content>
/// How much load an endpoint may have: no more than a quarter above its share of all, rounded up. After V. Mirrokni, M. Thorup, M. Zadimoghaddam,
/// "Consistent Hashing with Bounded Loads" (arXiv 1608.01350), with c = 1.25.
/// </content>
internal sealed partial class MaglevDistributor
{
    private const double Bound = 1.25;

    // Where they are so few, they are summed anew before a session is turned away.
    private const int Few = 64;

    // Picks of an endpoint between two sums, less one; a power of two.
    private readonly uint _sumMask;

    // 1.25 * (sum of loads + 1) / sum of weights, as of the last sum. With one connection more the load stays within the bound where it is less than this
    // times the weight.
    private double _mostPerWeight;

    /// <summary>
    /// Whether one more is within the bound. The sum of loads is that of up to max(16, N) picks ago, in the mean: no counter is shared between threads that
    /// pick. By so many sessions that began or ended since, the bound of an endpoint is off by up to 1.25 connections times its weight over the mean weight.
    /// </summary>
    private bool HasRoom(in Target target, out long picks) =>
        target.Endpoint.ReadLoad(out picks) < Volatile.Read(ref _mostPerWeight) * target.Weight;

    private bool HasRoomAfterAll(in Target target, ref Search search)
    {
        search.IsFresh = true;
        if (_targets.Length > Few)
        {
            return false;
        }

        return SumLoads() && HasRoom(in target, out _);
    }

    // Every so many picks of all: each endpoint sees to it at one of so many of its own.
    private void NotePick(in Target target, long picks)
    {
        if ((((uint)picks + (uint)target.Hash) & _sumMask) == 0)
        {
            _ = SumLoads();
        }
    }

    // Of those that can have sessions: the share of the others is theirs.
    private bool SumLoads()
    {
        var load = 0L;
        var weight = 0.0;
        foreach (ref readonly var target in _targets.AsSpan())
        {
            if ((target.Endpoint.Gate & (EndpointGate.Ejected | EndpointGate.Draining)) == 0)
            {
                load += target.Endpoint.ReadLoad(out _);
                weight += target.Weight;
            }
        }

        Volatile.Write(ref _mostPerWeight, weight > 0 ? Bound * (load + 1) / weight : double.PositiveInfinity);
        return true;
    }
}
