using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Balancing.Hashing;

namespace Linkerd.Tcp.Balancing.Maglev;

/// <summary>
/// Consistent hashing over one group, with bounded loads if that is asked for; <see cref="BalancerKind.Maglev"/>. A session asks the entries of a sequence that its hash decides,
/// and takes the endpoint of the first that can have it.
/// </summary>
internal sealed class MaglevDistributor : GroupDistributor
{
    // The number of entries that a session looks at, so that the sessions that an endpoint passes on go to others by weight; then all endpoints one after the other.
    private const int Entries = 32;

    // A weight below that of the greatest has no entry in any table.
    private const double MinWeight = 1e-9;

    private readonly HashTarget[] _targets;
    private readonly MaglevTable _table;

    // Null: no bound, and nothing is counted.
    private readonly LoadBound? _bound;

    private MaglevDistributor(ServerEndpoint[] members, EndpointBranch?[]? branches, HashTarget[] targets, MaglevTable table, BalancerOptions options)
        : base(members, branches)
    {
        _targets = targets;
        _table = table;
        if (options.HashBalanceFactor is { } factor)
        {
            _bound = new LoadBound(members, branches, targets, factor, options.HashBalanceFloor);
        }
    }

    /// <summary>A <see cref="DistributorFactory"/>, with the options of the bound.</summary>
    public static Distributor Create(ReadOnlySpan<GroupMember> members, Distributor? previous, BalancerOptions options)
    {
        var sorted = AddressOrder.Sort(members);
        var weights = WeightedSlot.Scale(sorted, MinWeight);
        var targets = new HashTarget[sorted.Length];
        var hashes = new ulong[sorted.Length];
        for (var i = 0; i < targets.Length; i++)
        {
            hashes[i] = AddressOrder.Hash(sorted[i].Endpoint.Address);
            targets[i] = new HashTarget(weights[i], hashes[i]);
        }

        var table = previous is MaglevDistributor old && HasSame(old._targets, targets) ? old._table : new MaglevTable(hashes, weights);
        return new MaglevDistributor(EndpointsOf(sorted), GroupMember.BranchesOf(sorted), targets, table, options);
    }

    public override ServerEndpoint? Choose(ref PickState scope)
    {
        var hash = HashOf(ref scope);
        var index = _table[MaglevTable.Position(hash, _table.Size)];
        var endpoint = Members[index];
        if (endpoint.Gate == AdmissionGate.None && !scope.NeedsAdmissionCheck && HasRoom(index, out var picks) && TryTake(index, ref scope))
        {
            _bound?.RecordPick(index, picks);
            return endpoint;
        }

        return DrawNext(hash, ref scope);
    }

    private static ulong HashOf(ref PickState scope)
    {
        if (scope.Context.Hash is var given and not 0)
        {
            return ClientHash.Mix(given);
        }

        return ClientHash.Of(scope.Context.Client) is var hash and not 0 ? hash : scope.Random.NextUInt64();
    }

    // Nothing here is random: the same client ends at the same endpoint as long as nothing changes.
    private ServerEndpoint? DrawNext(ulong hash, ref PickState scope)
    {
        var size = _table.Size;
        var at = MaglevTable.Position(hash, size);
        var bits = ClientHash.Mix(hash);
        var step = 1 + MaglevTable.Position(bits, size - 1);
        var search = new Search(hash);
        for (var i = 0; i < Entries; i++)
        {
            if (Ask(_table[at], at, ref search, ref scope))
            {
                return search.Taken;
            }

            at = at + step < size ? at + step : at + step - size;
        }

        // A client that has many sessions fills many endpoints up. If all of them seem full, the sum of loads was outdated.
        if (AskAll(bits, ref search, ref scope) || (search.Full >= 0 && AskAllAgain(bits, ref search, ref scope)))
        {
            return search.Taken;
        }

        return search.Full >= 0 && TryTake(search.Full, ref scope) ? Members[search.Full] : TakeAny(bits, ref scope);
    }

    private bool AskAllAgain(ulong bits, ref Search search, ref PickState scope)
    {
        _bound?.SumLoads();
        return AskAll(bits, ref search, ref scope);
    }

    private bool AskAll(ulong bits, ref Search search, ref PickState scope)
    {
        var start = MaglevTable.Position(bits, _targets.Length);
        for (var i = 0; i < _targets.Length; i++)
        {
            var index = start + i < _targets.Length ? start + i : start + i - _targets.Length;
            if (Ask(index, _table.Size + index, ref search, ref scope))
            {
                return true;
            }
        }

        return false;
    }

    private bool Ask(int index, int place, ref Search search, ref PickState scope)
    {
        var endpoint = Members[index];
        var factor = endpoint.Admit(ref scope);
        if (factor <= 0 || (factor < 1 && !IsKept(search.Hash, place, factor)) || (endpoint.Gate & AdmissionGate.Suspect) != 0)
        {
            return false;
        }

        if (!HasRoom(index, out var picks) && !scope.IsPanic && (search.IsFresh || !HasRoomAfterAll(index, ref search)))
        {
            search.Full = search.Full < 0 ? index : search.Full;
            return false;
        }

        if (!TryTake(index, ref scope))
        {
            return false;
        }

        _bound?.RecordPick(index, picks);
        search.Taken = endpoint;
        return true;
    }

    private bool HasRoom(int index, out long picks)
    {
        picks = 0;
        return _bound is null || _bound.HasRoom(index, out picks);
    }

    private bool HasRoomAfterAll(int index, ref Search search)
    {
        search.IsFresh = true;
        return _bound is null || _bound.HasRoomAfterAll(index);
    }

    // A toss for each place that the client looks at, and each time the same: as the factor grows more of an endpoint's clients come back to it, and none of
    // them goes away again.
    private static bool IsKept(ulong hash, int place, double factor) => (ClientHash.Mix(hash + (ulong)place) >> 11) * (1.0 / (1UL << 53)) < factor;

    private static bool HasSame(HashTarget[] a, HashTarget[] b)
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

    private struct Search(ulong hash)
    {
        public readonly ulong Hash = hash;
        public ServerEndpoint? Taken;

        /// <summary>The first that could have the session but for the bound; -1: none.</summary>
        public int Full = -1;

        /// <summary>True if the loads were summed for this session, or are not to be.</summary>
        public bool IsFresh;
    }
}

/// <summary>An endpoint of a group, in the form of consistent hashing.</summary>
/// <param name="Weight">Its weight, as a share of the group's greatest.</param>
/// <param name="Hash">The hash of its address.</param>
internal readonly record struct HashTarget(double Weight, ulong Hash);
