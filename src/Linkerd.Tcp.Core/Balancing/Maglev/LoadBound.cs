using System.Numerics;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.Maglev;

/// <summary>
/// Bounds the load of each endpoint of a group: a multiple of its share of all, rounded up, and the floor at the least. After V. Mirrokni, M. Thorup,
/// M. Zadimoghaddam, "Consistent Hashing with Bounded Loads" (arXiv 1608.01350), where the bound is c times the mean.
/// </summary>
internal sealed class LoadBound
{
    // If they are so few, they are summed again before a session is turned away.
    private const int Few = 64;

    private readonly ServerEndpoint[] _members;
    private readonly EndpointBranch?[]? _branches;
    private readonly HashTarget[] _targets;
    private readonly double _factor;

    // With less than that an endpoint is never full: a part more than the mean of few connections is less than one, and clients would not stick.
    private readonly int _floor;

    // Picks of an endpoint between two sums, less one; a power of two.
    private readonly uint _sumMask;

    // The factor times (sum of loads + 1) / sum of weights, as of the last sum. With one connection more the load stays within the bound if it is less than
    // this times the weight.
    private double _maxPerWeight;

    /// <summary>Initializes a bound.</summary>
    /// <param name="members">The endpoints.</param>
    /// <param name="branches">The counters of the group, by endpoint; null if no endpoint is in another group too.</param>
    /// <param name="targets">The endpoints' weights and hashes.</param>
    /// <param name="factor">The bound, in percent of an endpoint's share.</param>
    /// <param name="floor">The load below which an endpoint is never full.</param>
    public LoadBound(ServerEndpoint[] members, EndpointBranch?[]? branches, HashTarget[] targets, int factor, int floor)
    {
        (_members, _branches, _targets) = (members, branches, targets);
        _factor = factor / 100.0;
        _floor = floor;
        _sumMask = BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, targets.Length)) - 1;
        SumLoads();
    }

    /// <summary>
    /// Returns true if one more is within the bound. The sum of loads is that of up to max(16, N) picks ago, in the mean: no counter is shared between threads that
    /// pick. For each session that began or ended since, the bound of an endpoint is off by up to one part of the mean, times the bound.
    /// </summary>
    public bool HasRoom(int index, out long picks)
    {
        var load = EndpointBranch.ReadLoad(_members[index], _branches?[index], out picks);
        return load < _floor || load < Volatile.Read(ref _maxPerWeight) * _targets[index].Weight;
    }

    /// <summary>Returns the same, by a new sum if that costs little.</summary>
    public bool HasRoomAfterAll(int index)
    {
        if (_targets.Length > Few)
        {
            return false;
        }

        SumLoads();
        return HasRoom(index, out _);
    }

    /// <summary>Notes a pick. After a number of picks of all, loads are summed: each endpoint does that at one of that number of its own.</summary>
    public void RecordPick(int index, long picks)
    {
        if ((((uint)picks + (uint)_targets[index].Hash) & _sumMask) == 0)
        {
            SumLoads();
        }
    }

    /// <summary>Sums the loads of those that can have sessions: the share of the others is theirs.</summary>
    public void SumLoads()
    {
        var load = 0L;
        var weight = 0.0;
        for (var i = 0; i < _targets.Length; i++)
        {
            if ((_members[i].Gate & (AdmissionGate.Ejected | AdmissionGate.Draining)) == 0)
            {
                load += EndpointBranch.ReadLoad(_members[i], _branches?[i], out _);
                weight += _targets[i].Weight;
            }
        }

        Volatile.Write(ref _maxPerWeight, weight > 0 ? _factor * (load + 1) / weight : double.PositiveInfinity);
    }
}
