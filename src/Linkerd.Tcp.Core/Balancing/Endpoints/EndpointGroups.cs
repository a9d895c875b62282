namespace Linkerd.Tcp.Balancing.Endpoints;

/// <summary>The groups that one endpoint is in. A mutable struct, part of its endpoint; under the balancer's lock.</summary>
internal struct EndpointGroups
{
    // The first group in which the last update named it, and all of them if they are several, in their order.
    private int _firstGroup;
    private List<int>? _groups;
    private int _groupsNext;

    // The group whose leases are counted here and nowhere else. 0: none yet.
    private int _home;

    // One for each group, in their order; none while it is in one alone. Then those of groups that it is not in any more, as long as they have leases.
    private EndpointBranch[] _branches = [];

    public EndpointGroups()
    {
    }

    /// <summary>Gets or sets the number of the last update that contained the endpoint.</summary>
    public int Generation { get; set; }

    /// <summary>Called when an update names it in a group.</summary>
    /// <param name="group">The group, by the number that it keeps over updates.</param>
    /// <param name="isFirst">True if it is the first group of this update that does.</param>
    /// <returns>True if it has branches, or had some.</returns>
    public bool NameIn(int group, bool isFirst)
    {
        if (isFirst)
        {
            if (_branches.Length == 0)
            {
                // All that it has came through its earlier group.
                _home = _firstGroup;
            }

            (_firstGroup, _groups, _groupsNext) = (group, null, 0);
            return _branches.Length > 0;
        }

        (_groups ??= [_firstGroup]).Add(group);
        return true;
    }

    /// <summary>Gets the next of its branches, when the update has named it in all of its groups; null if it is in one alone.</summary>
    public EndpointBranch? NextBranch(ServerEndpoint endpoint)
    {
        if (_groupsNext == 0 && (_groups is not null || _branches.Length > 0))
        {
            MakeBranches(endpoint, _groups ?? [_firstGroup]);
        }

        return _branches.Length > 0 ? _branches[_groupsNext++] : null;
    }

    // A group that stays keeps its counters. Leases through groups that are gone count for none: otherwise the shares of those that stay would not hold until they
    // have ended.
    private void MakeBranches(ServerEndpoint endpoint, List<int> groups)
    {
        var home = groups.IndexOf(_home);
        if (home < 0 && (_branches.Length == 0 || EndpointBranch.ReadRest(endpoint, Array.FindAll(_branches, branch => branch.IsCounter), out _) == 0))
        {
            // The group at home is gone. None of its leases is left, or it was the only one: then the endpoint's counts belong to the next one.
            home = 0;
        }

        var branches = new List<EndpointBranch>(groups.Count);
        for (var i = 0; i < groups.Count; i++)
        {
            branches.Add(FindCounter(groups[i], i) is { } found && i != home ? found : new EndpointBranch(endpoint, groups[i]));
        }

        for (var i = 0; i < _branches.Length; i++)
        {
            if (_branches[i] is { IsCounter: true } old && (i >= groups.Count || groups[i] != old.Group) && !groups.Contains(old.Group)
                && EndpointBranch.ReadLoad(endpoint, old, out _) != 0)
            {
                branches.Add(old);
            }
        }

        if (home >= 0)
        {
            _home = groups[home];
            branches[home] = new EndpointBranch(endpoint, _home, [.. branches.Where((_, i) => i != home)]);
        }

        // In one group, and nothing is left of any other: its own counters are the group's again.
        _branches = branches.Count == 1 && home == 0 ? [] : [.. branches];
    }

    // Most often at its earlier place.
    private readonly EndpointBranch? FindCounter(int group, int place)
    {
        var found = place < _branches.Length && _branches[place].Group == group ? _branches[place] : Array.Find(_branches, branch => branch.Group == group);
        return found is { IsCounter: true } ? found : null;
    }
}
