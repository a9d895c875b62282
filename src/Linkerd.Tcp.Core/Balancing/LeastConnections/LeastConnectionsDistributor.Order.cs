using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;

namespace Linkerd.Tcp.Balancing.LeastConnections;

/// <content>Where an endpoint stands in the order. Everything here is under the lock.</content>
internal sealed partial class LeastConnectionsDistributor
{
    // The most picks that an endpoint may be owed, of itself or of one of the mean weight, whichever is more; and the most that it may be ahead, through picks
    // of the tree before. With less than that, shares would not hold where connections are held: a heavy endpoint is beaten for many picks at a time.
    // It gets them one at a time, as it is beaten while it has one more than the others. One that was out is owed one.
    private const double MostOwed = 64;

    // What a weight counts for at the least, relative to the greatest, and how far turns go before they start over: so that a turn of the heaviest one
    // still makes a difference after one of the lightest.
    private const double LeastWeight = 1e-9;
    private const double MostTurn = 1e12;

    // Those that are out, in doubt, or in slow start: looked after in turn, two with every pick.
    private readonly int[] _watched;
    private int _watchedCount;
    private int _watchedNext;

    // The turn of the last one that was picked: what "level" means.
    private double _turn;

    /// <summary>Takes in what has happened to an endpoint since it was looked at.</summary>
    /// <returns>Whether it stands elsewhere for it.</returns>
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
        var turn = Math.Max(_nodes[index].Turn, _turn - (MostOwed * Math.Max(1 / weight, _stepOfMean))) + ((picks - entry.Picks) / weight);
        _nodes[index].Turn = Math.Min(turn, _turn + (MostOwed / weight));
        (entry.Load, entry.Picks) = (load, picks);
        Enter(index, place);
        return true;
    }

    /// <summary>Puts an endpoint where it belongs by what its admission said.</summary>
    /// <returns>Whether that is elsewhere than it was.</returns>
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

    /// <summary>An endpoint was taken in its turn.</summary>
    private void Count(int index)
    {
        _turn = Math.Max(_turn, _nodes[index].Turn);
        Refresh(index);
        if (_turn > MostTurn)
        {
            foreach (ref var node in _nodes.AsSpan())
            {
                node.Turn -= _turn;
                node.LeastTurn -= _turn;
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
}
