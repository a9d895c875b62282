using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.Maglev;

/// <content>
/// How much load an endpoint may have, if it is bounded: so much of its share of all, rounded up, and the floor at the least. After V. Mirrokni, M. Thorup,
/// M. Zadimoghaddam, "Consistent Hashing with Bounded Loads" (arXiv 1608.01350), where the bound is c times the mean.
/// </content>
internal sealed partial class MaglevDistributor
{
    // Where they are so few, they are summed anew before a session is turned away.
    private const int Few = 64;

    // 0: no bound, and nothing is counted.
    private readonly double _bound;

    // With less than that an endpoint is never full: a part more than the mean of few connections is less than one, and clients would not stick.
    private readonly int _floor;

    // Picks of an endpoint between two sums, less one; a power of two.
    private readonly uint _sumMask;

    // The bound times (sum of loads + 1) / sum of weights, as of the last sum. With one connection more the load stays within the bound where it is less than
    // this times the weight.
    private double _mostPerWeight;

    /// <summary>
    /// Whether one more is within the bound. The sum of loads is that of up to max(16, N) picks ago, in the mean: no counter is shared between threads that
    /// pick. By so many sessions that began or ended since, the bound of an endpoint is off by up to as many parts of the mean, times the bound.
    /// </summary>
    private bool HasRoom(int index, out long picks)
    {
        picks = 0;
        return _bound == 0 || IsBelowBound(index, out picks);
    }

    private bool IsBelowBound(int index, out long picks)
    {
        var load = ReadLoad(index, out picks);
        return load < _floor || load < Volatile.Read(ref _mostPerWeight) * _targets[index].Weight;
    }

    private bool HasRoomAfterAll(int index, ref Search search)
    {
        search.IsFresh = true;
        if (_targets.Length > Few)
        {
            return false;
        }

        return SumLoads() && HasRoom(index, out _);
    }

    // Every so many picks of all: each endpoint sees to it at one of so many of its own.
    private void NotePick(int index, long picks)
    {
        if (_bound != 0 && (((uint)picks + (uint)_targets[index].Hash) & _sumMask) == 0)
        {
            _ = SumLoads();
        }
    }

    // Of those that can have sessions: the share of the others is theirs.
    private bool SumLoads()
    {
        var load = 0L;
        var weight = 0.0;
        for (var i = 0; i < _targets.Length; i++)
        {
            if ((Members[i].Gate & (AdmissionGate.Ejected | AdmissionGate.Draining)) == 0)
            {
                load += ReadLoad(i, out _);
                weight += _targets[i].Weight;
            }
        }

        Volatile.Write(ref _mostPerWeight, weight > 0 ? _bound * (load + 1) / weight : double.PositiveInfinity);
        return true;
    }
}
