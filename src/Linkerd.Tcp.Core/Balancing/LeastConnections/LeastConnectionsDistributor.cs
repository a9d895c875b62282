using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.LeastConnections;

/// <summary>
/// Least connections per weight over one group, exactly: <see cref="LoadBalancers.LeastConnections"/> has the rule. A pick and a release each move one
/// node of a <see cref="LoadTree"/> under a lock of the group.
/// </summary>
internal sealed partial class LeastConnectionsDistributor : GroupDistributor, ILoadObserver
{
    private readonly Lock _lock = new();
    private readonly Entry[] _entries;
    private readonly LoadTree.Node[] _nodes;

    // Those that are well; and those that leave connects without an answer, for when no other is left.
    private readonly LoadTree _well;
    private readonly LoadTree _doubtful;

    // What a turn of the mean weight is worth.
    private readonly double _stepOfMean;

    private LeastConnectionsDistributor(ServerEndpoint[] members, EndpointBranch?[]? branches, Entry[] entries)
        : base(members, branches)
    {
        _entries = entries;
        _nodes = new LoadTree.Node[entries.Length];
        _well = new LoadTree(_nodes);
        _doubtful = new LoadTree(_nodes);
        _watched = new int[entries.Length];
        _stepOfMean = entries.Length / Sum(entries);
    }

    private enum Place : byte
    {
        /// <summary>In no tree: it cannot be picked, or is being moved.</summary>
        Out,
        Well,
        Doubtful,
    }

    public override ServerEndpoint? Choose(ref PickState scope)
    {
        if (scope.IsPanic)
        {
            return TakeOther(ref scope);
        }

        int index;
        lock (_lock)
        {
            Watch(ref scope);
            index = Take(_well, ref scope);
            if (index == LoadTree.None)
            {
                index = Take(_doubtful, ref scope);
            }
        }

        if (index == LoadTree.None)
        {
            return TakeOther(ref scope);
        }

        // Outside the lock: other groups have locks of their own.
        var endpoint = _entries[index].Endpoint;
        endpoint.Observers?.Notify(except: this);
        return endpoint;
    }

    public void OnLoadChanged(int index)
    {
        lock (_lock)
        {
            ref var entry = ref _entries[index];
            Refresh(index);
            if (entry.Place == Place.Out && (entry.Endpoint.Gate & (AdmissionGate.Ejected | AdmissionGate.Draining)) == 0)
            {
                // It was full.
                Move(index, Place.Well);
            }
        }
    }

    // What no tree has: an ejected one in a panic, or whose probe is due; and the answer why nothing can be picked.
    private ServerEndpoint? TakeOther(ref PickState scope)
    {
        var endpoint = TakeAny(scope.Random.NextUInt64(), ref scope);
        endpoint?.Observers?.Notify(except: null);
        return endpoint;
    }

    private int Take(LoadTree tree, ref PickState scope)
    {
        // Those that this session has tried are well for others: they are set aside, and come back.
        var aside = LoadTree.None;
        int index;
        while ((index = tree.FindBest()) != LoadTree.None)
        {
            ref var entry = ref _entries[index];
            if (Refresh(index))
            {
                continue;
            }

            if (scope.HasTried(entry.Endpoint))
            {
                tree.Remove(index);
                (entry.Aside, aside) = (aside, index);
                continue;
            }

            var factor = entry.Endpoint.Admit(ref scope);
            if (Settle(index, factor, tree == _doubtful))
            {
                continue;
            }

            if (TryTake(index, ref scope))
            {
                Count(index);
                break;
            }

            Move(index, Place.Out);
        }

        while (aside != LoadTree.None)
        {
            tree.Add(aside);
            aside = _entries[aside].Aside;
        }

        return index;
    }

    private struct Entry(ServerEndpoint endpoint, double weight)
    {
        public readonly ServerEndpoint Endpoint = endpoint;

        /// <summary>As a share of the group's greatest.</summary>
        public readonly double Weight = weight;

        /// <summary>The share of its weight that counted last.</summary>
        public double Factor = 1;

        /// <summary>Its load and its picks when it was looked at last.</summary>
        public long Load;
        public long Picks;

        public Place Place;
        public int WatchedAt = LoadTree.None;
        public int Aside;
    }
}
