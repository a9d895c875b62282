using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.LeastConnections;

/// <content>What an update keeps.</content>
internal sealed partial class LeastConnectionsDistributor
{
    /// <summary>A <see cref="DistributorFactory"/>, but for the source of what those that join start with.</summary>
    public static Distributor Create(ReadOnlySpan<GroupMember> members, Distributor? previous, IRandomSource random)
    {
        var weights = WeightedSlot.Scale(members, LeastWeight);
        var entries = new Entry[members.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i] = new Entry(members[i].Endpoint, weights[i]);
        }

        var made = new LeastConnectionsDistributor(EndpointsOf(members), EndpointBranch.Of(members), entries);
        made.Start(previous as LeastConnectionsDistributor, random);
        return made;
    }

    public override void Retire()
    {
        foreach (ref readonly var entry in _entries.AsSpan())
        {
            entry.Endpoint.Observers = LoadObservers.Remove(entry.Endpoint.Observers, this);
        }
    }

    private void Start(LeastConnectionsDistributor? previous, IRandomSource random)
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            ref var entry = ref _entries[i];
            entry.Load = ReadLoad(i, out entry.Picks);

            // Anywhere within one turn: else the first of the list would come first with every proxy that starts.
            _nodes[i] = new LoadTree.Node((uint)(AliasTable.Mix((ulong)i + 1) >> 32)) { Turn = random.NextDouble() / entry.Weight };
        }

        if (previous is not null)
        {
            CarryOn(previous);
        }

        for (var i = 0; i < _entries.Length; i++)
        {
            Enter(i, Place.Well);
        }

        // From here on every release is told; what happened before is looked up, one by one, as releases wait for the lock.
        for (var i = 0; i < _entries.Length; i++)
        {
            var endpoint = _entries[i].Endpoint;
            endpoint.Observers = LoadObservers.Add(endpoint.Observers, this, i);
            OnLoadChanged(i);
        }
    }

    // Those that stay keep their lead: how many picks they are ahead of their turn. It shrinks with the endpoint's share, and never grows.
    private void CarryOn(LeastConnectionsDistributor previous)
    {
        lock (previous._lock)
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
}
