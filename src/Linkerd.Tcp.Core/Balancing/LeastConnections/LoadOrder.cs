using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.LeastConnections;

/// <summary>The endpoints of a group in the order of their load, and among equals of their turns. Under the lock of the distributor.</summary>
internal sealed class LoadOrder
{
    // The most picks that an endpoint may be owed, of itself or of one of the mean weight, the larger one; and the most that it may be ahead, through picks
    // of the tree before. With less than that, shares would not hold if connections are held: a heavy endpoint is beaten for many picks at a time.
    // It gets them one at a time, as it is beaten while it has one more than the others. One that was out is owed one.
    private const double MaxOwed = 64;

    // The least effective weight, relative to the greatest, and the value at which turns start over: so that a turn of the heaviest one
    // still makes a difference after one of the lightest.
    private const double MinWeight = 1e-9;
    private const double MaxTurn = 1e12;

    // Those that are out, in doubt, or in slow start: checked in turn, two with every pick.
    private readonly int[] _watched;
    private int _watchedCount;
    private int _watchedNext;

    // The turn of the last one that was picked: the definition of "level".
    private double _turn;

    private readonly Entry[] _entries;
    private readonly LoadTree.Node[] _nodes;
    private readonly EndpointBranch?[]? _branches;

    // Those that are well; and those that leave connects without an answer, for when no other is left.
    private readonly LoadTree _well;
    private readonly LoadTree _doubtful;

    // The value of a turn of the mean weight.
    private readonly double _stepOfMean;

    /// <summary>Puts the endpoints in order.</summary>
    /// <param name="members">The endpoints.</param>
    /// <param name="branches">The counters of the group, by endpoint; null if no endpoint is in another group too.</param>
    /// <param name="previous">The order that this one replaces, under its lock; null for a new group.</param>
    /// <param name="random">Decides which one comes first in a new group.</param>
    public LoadOrder(ReadOnlySpan<GroupMember> members, EndpointBranch?[]? branches, LoadOrder? previous, IRandomSource random)
    {
        var weights = WeightedSlot.Scale(members, MinWeight);
        _entries = new Entry[members.Length];
        _nodes = new LoadTree.Node[members.Length];
        _branches = branches;
        _well = new LoadTree(_nodes);
        _doubtful = new LoadTree(_nodes);
        _watched = new int[members.Length];
        for (var i = 0; i < members.Length; i++)
        {
            ref var entry = ref _entries[i];
            entry = new Entry(members[i].Endpoint, weights[i]);
            entry.Load = ReadLoad(i, out entry.Picks);

            // Anywhere within one turn: else the first of the list would come first with every proxy that starts.
            _nodes[i] = new LoadTree.Node((uint)(AliasTable.Mix((ulong)i + 1) >> 32)) { Turn = random.NextDouble() / entry.Weight };
        }

        _stepOfMean = _entries.Length / Sum(_entries);
        if (previous is not null)
        {
            CarryOn(previous);
        }

        for (var i = 0; i < _entries.Length; i++)
        {
            Enter(i, Place.Well);
        }
    }

    private enum Place : byte
    {
        /// <summary>In no tree: it cannot be picked, or is being moved.</summary>
        Out,
        Well,
        Doubtful,
    }

    /// <summary>Takes the best endpoint for a session.</summary>
    /// <returns>Its index; <see cref="LoadTree.None"/> if no tree has one.</returns>
    public int TakeBest(ref PickState scope)
    {
        Watch(ref scope);
        var index = Take(_well, ref scope);
        return index == LoadTree.None ? Take(_doubtful, ref scope) : index;
    }

    /// <summary>Called when the load of an endpoint has changed.</summary>
    public void Update(int index)
    {
        ref var entry = ref _entries[index];
        Refresh(index);
        if (entry.Place == Place.Out && (entry.Endpoint.Gate & (AdmissionGate.Ejected | AdmissionGate.Draining)) == 0)
        {
            // It was full before.
            Move(index, Place.Well);
        }
    }

    private long ReadLoad(int index, out long picks) => EndpointBranch.ReadLoad(_entries[index].Endpoint, _branches?[index], out picks);

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

            if (entry.Endpoint.TryTake(ref scope, _branches?[index]))
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

    /// <summary>Applies the changes of an endpoint since it was last looked at.</summary>
    /// <returns>True if its place has changed.</returns>
    private bool Refresh(int index)
    {
        ref var entry = ref _entries[index];
        var load = ReadLoad(index, out var picks);
        if (load == entry.Load && picks == entry.Picks)
        {
            return false;
        }

        var place = Leave(index);
        var weight = entry.Weight * entry.Factor;
        var turn = Math.Max(_nodes[index].Turn, _turn - (MaxOwed * Math.Max(1 / weight, _stepOfMean))) + ((picks - entry.Picks) / weight);
        _nodes[index].Turn = Math.Min(turn, _turn + (MaxOwed / weight));
        (entry.Load, entry.Picks) = (load, picks);
        Enter(index, place);
        return true;
    }

    /// <summary>Puts an endpoint at its place by the result of its admission.</summary>
    /// <returns>True if that differs from its earlier place.</returns>
    private bool Settle(int index, double factor, bool isDoubtfulGood)
    {
        ref var entry = ref _entries[index];
        var isDoubtful = (entry.Endpoint.Gate & AdmissionGate.Suspect) != 0;
        var place = factor <= 0 ? Place.Out : isDoubtful ? Place.Doubtful : Place.Well;
        var isThere = entry.Place == place || (isDoubtfulGood && factor > 0);
        if (isThere && (factor <= 0 || factor == entry.Factor))
        {
            return false;
        }

        Leave(index);
        entry.Factor = factor > 0 ? factor : entry.Factor;
        if (entry.Place == Place.Out)
        {
            _nodes[index].Turn = Math.Max(_nodes[index].Turn, _turn - (1 / (entry.Weight * entry.Factor)));
        }

        Enter(index, isThere ? entry.Place : place);
        return true;
    }

    /// <summary>Counts an endpoint that was taken in its turn.</summary>
    private void Count(int index)
    {
        _turn = Math.Max(_turn, _nodes[index].Turn);
        Refresh(index);
        if (_turn > MaxTurn)
        {
            foreach (ref var node in _nodes.AsSpan())
            {
                node.Turn -= _turn;
                node.MinTurn -= _turn;
            }

            _turn = 0;
        }
    }

    private void Move(int index, Place place)
    {
        Leave(index);
        Enter(index, place);
    }

    private Place Leave(int index)
    {
        var place = _entries[index].Place;
        if (place != Place.Out)
        {
            (place == Place.Well ? _well : _doubtful).Remove(index);
        }

        return place;
    }

    private void Enter(int index, Place place)
    {
        ref var entry = ref _entries[index];
        ref var node = ref _nodes[index];
        entry.Place = place;
        var weight = entry.Weight * entry.Factor;
        (node.Load, node.Next) = (entry.Load / weight, (entry.Load + 1) / weight);
        if (place != Place.Out)
        {
            (place == Place.Well ? _well : _doubtful).Add(index);
        }

        SetWatched(ref entry, index, place != Place.Well || entry.Factor < 1);
    }

    private void SetWatched(ref Entry entry, int index, bool isWatched)
    {
        if (isWatched == (entry.WatchedAt != LoadTree.None))
        {
            return;
        }

        if (isWatched)
        {
            entry.WatchedAt = _watchedCount;
            _watched[_watchedCount++] = index;
            return;
        }

        var last = _watched[--_watchedCount];
        _watched[entry.WatchedAt] = last;
        _entries[last].WatchedAt = entry.WatchedAt;
        entry.WatchedAt = LoadTree.None;
    }

    private void Watch(ref PickState scope)
    {
        for (var i = Math.Min(2, _watchedCount); i > 0 && _watchedCount > 0; i--)
        {
            _watchedNext = _watchedNext + 1 < _watchedCount ? _watchedNext + 1 : 0;
            var index = _watched[_watchedNext];
            var endpoint = _entries[index].Endpoint;
            if (!scope.HasTried(endpoint))
            {
                Refresh(index);
                Settle(index, endpoint.Admit(ref scope), isDoubtfulGood: false);
            }
        }
    }

    // Those that stay keep their lead: the number of picks by which they are ahead of their turn. It shrinks with the endpoint's share, and never grows.
    private void CarryOn(LoadOrder previous)
    {
        for (var i = 0; i < previous._entries.Length; i++)
        {
            previous._entries[i].Endpoint.Mark = i;
        }

        var scale = Sum(previous._entries) / Sum(_entries);
        for (var i = 0; i < _entries.Length; i++)
        {
            ref var entry = ref _entries[i];
            var mark = entry.Endpoint.Mark;
            if (mark >= previous._entries.Length || !ReferenceEquals(previous._entries[mark].Endpoint, entry.Endpoint))
            {
                continue;
            }

            ref readonly var old = ref previous._entries[mark];
            var lead = (previous._nodes[mark].Turn - previous._turn) * old.Weight;
            _ = previous.ReadLoad(mark, out var picks);
            lead += picks - old.Picks;
            _nodes[i].Turn = lead * Math.Min(1, scale * entry.Weight / old.Weight) / entry.Weight;
        }
    }

    private static double Sum(Entry[] entries)
    {
        var sum = 0.0;
        foreach (ref readonly var entry in entries.AsSpan())
        {
            sum += entry.Weight;
        }

        return sum;
    }

    private struct Entry(ServerEndpoint endpoint, double weight)
    {
        public readonly ServerEndpoint Endpoint = endpoint;

        /// <summary>The weight as a share of the group's greatest.</summary>
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
