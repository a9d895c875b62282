using Linkerd.Tcp.Balancing.Composition;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.Balancing.LeastConnections;

/// <summary>
/// Least connections per weight over one group, exactly: <see cref="BalancerKind.LeastConnections"/> has the rule. A pick and a release each move one
/// node of a <see cref="LoadTree"/> under a lock of the group.
/// </summary>
internal sealed class LeastConnectionsDistributor : GroupDistributor, ILoadObserver
{
    private readonly Lock _lock = new();
    private readonly LoadOrder _order;

    private LeastConnectionsDistributor(ServerEndpoint[] members, EndpointBranch?[]? branches, LoadOrder order)
        : base(members, branches) => _order = order;

    /// <summary>A <see cref="DistributorFactory"/>, with the source of the start values of new members.</summary>
    public static Distributor Create(ReadOnlySpan<GroupMember> members, Distributor? previous, IRandomSource random)
    {
        var branches = GroupMember.BranchesOf(members);
        var made = new LeastConnectionsDistributor(EndpointsOf(members), branches, OrderOf(members, branches, previous as LeastConnectionsDistributor, random));
        made.Observe();
        return made;
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
            index = _order.TakeBest(ref scope);
        }

        if (index == LoadTree.None)
        {
            return TakeOther(ref scope);
        }

        // Outside the lock: other groups have locks of their own.
        var endpoint = Members[index];
        endpoint.Observers?.Notify(except: this);
        return endpoint;
    }

    public override void Retire()
    {
        foreach (var endpoint in Members)
        {
            endpoint.Observers = LoadObservers.Remove(endpoint.Observers, this);
        }
    }

    public void OnLoadChanged(int index)
    {
        lock (_lock)
        {
            _order.Update(index);
        }
    }

    private static LoadOrder OrderOf(ReadOnlySpan<GroupMember> members, EndpointBranch?[]? branches, LeastConnectionsDistributor? previous, IRandomSource random)
    {
        if (previous is null)
        {
            return new LoadOrder(members, branches, null, random);
        }

        lock (previous._lock)
        {
            return new LoadOrder(members, branches, previous._order, random);
        }
    }

    // From here on every release is notified; earlier ones are looked up, one by one, as releases wait for the lock.
    private void Observe()
    {
        for (var i = 0; i < Members.Length; i++)
        {
            Members[i].Observers = LoadObservers.Add(Members[i].Observers, this, i);
            OnLoadChanged(i);
        }
    }

    // The endpoints that no tree has: an ejected one in a panic, or whose probe is due; and the reason why nothing can be picked.
    private ServerEndpoint? TakeOther(ref PickState scope)
    {
        var endpoint = TakeAny(scope.Random.NextUInt64(), ref scope);
        endpoint?.Observers?.Notify(except: null);
        return endpoint;
    }
}
