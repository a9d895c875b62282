using System.Buffers;
using Linkerd.Tcp.Balancing.Endpoints;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.Balancing.Composition;

/// <summary>
/// The source of a balancer's picks: the groups of a set, each with its distributor, composed into splits and fallbacks. Immutable.
/// The order of the levels: tiers first; then groups of weight 0; then endpoints of weight 0, which are used only if there is no other.
/// </summary>
internal sealed class DistributorTree
{
    /// <summary>The tree without endpoints.</summary>
    public static readonly DistributorTree Empty = new(null, [], []);

    private readonly Group[] _groups;

    private DistributorTree(Distributor? root, Group[] groups, IReadOnlyList<ServerEndpoint> endpoints)
    {
        Root = root;
        Error = groups.Select(static group => group.Weighted?.Error ?? group.LastResort?.Error).FirstOrDefault(static error => error is not null);
        _groups = groups;
        Endpoints = endpoints;
    }

    /// <summary>The distributor to draw from; null if there is no endpoint.</summary>
    public Distributor? Root { get; }

    /// <summary>Gets the first exception of the policy of the groups; null if there is none.</summary>
    public Exception? Error { get; }

    /// <summary>The endpoints, each once, in the order of the set.</summary>
    public IReadOnlyList<ServerEndpoint> Endpoints { get; }

    /// <summary>The tree of a new set; groups carry on the state of their predecessors.</summary>
    public DistributorTree Next(EndpointSet set, EndpointTable table, DistributorFactory factory)
    {
        table.Begin();
        var endpoints = new List<ServerEndpoint>(set.Count);
        var previous = Previous(set);
        var members = new Members[previous.Length];
        for (var i = 0; i < members.Length; i++)
        {
            ref var group = ref previous[i];
            group = group with { Number = group.Number == 0 ? table.NumberGroup() : group.Number, Source = set.Groups[i].Source };
            members[i] = Name(set.Groups[i], (i, set.Groups[i].Tier, group.Number), endpoints, table);
        }

        // Only now is it known which endpoints are in several groups; and the counters that each group compares must be known before one of them is made.
        for (var i = 0; table.HasBranches && i < members.Length; i++)
        {
            members[i].Share();
        }

        var groups = new Group[members.Length];
        for (var i = 0; i < groups.Length; i++)
        {
            groups[i] = members[i].Make(in previous[i], factory);
        }

        table.End(endpoints.Count);
        return new DistributorTree(Compose(set, groups), groups, endpoints.AsReadOnly());
    }

    /// <summary>Called when another tree replaces it. Under the balancer's lock.</summary>
    public void Retire()
    {
        foreach (var group in _groups)
        {
            group.Weighted?.Retire();
            group.LastResort?.Retire();
        }
    }

    // The endpoints of a group: weighted ones from the front, last resorts from the back.
    private static Members Name(EndpointGroup group, (int Place, int Tier, int Number) place, List<ServerEndpoint> endpoints, EndpointTable table)
    {
        var count = group.Endpoints.Length;
        var members = ArrayPool<GroupMember>.Shared.Rent(count);
        var weighted = 0;
        var lastResort = count;
        foreach (var item in group.Endpoints)
        {
            var endpoint = table.Name(item, place, endpoints, out var weight);
            if (weight > 0)
            {
                members[weighted++] = new GroupMember(endpoint, weight);
            }
            else
            {
                members[--lastResort] = new GroupMember(endpoint, 1);
            }
        }

        return new Members(members, weighted, count);
    }

    // The predecessor of each group of a new set; none if it is new. By its source if both have one: branches of a union come and go as their names are
    // resolved, and each moves those behind it. By its place otherwise.
    private Group[] Previous(EndpointSet set)
    {
        var previous = new Group[set.Groups.Length];
        var isTaken = new bool[_groups.Length];
        var isWhole = true;
        for (var i = 0; i < previous.Length; i++)
        {
            if (i < _groups.Length && (set.Groups[i].Source is not { } source || _groups[i].Source is null || source.Equals(_groups[i].Source)))
            {
                (previous[i], isTaken[i]) = (_groups[i], true);
            }
            else
            {
                isWhole &= set.Groups[i].Source is null;
            }
        }

        if (isWhole)
        {
            return previous;
        }

        var others = _groups.Where((group, i) => !isTaken[i] && group.Source is not null).GroupBy(group => group.Source!)
            .ToDictionary(group => group.Key, group => new Queue<Group>(group));
        for (var i = 0; i < previous.Length; i++)
        {
            if (previous[i].Number == 0 && set.Groups[i].Source is { } source && others.TryGetValue(source, out var same) && same.TryDequeue(out var found))
            {
                previous[i] = found;
            }
        }

        return previous;
    }

    private static Distributor? Compose(EndpointSet set, Group[] groups)
    {
        var levels = new SortedDictionary<(bool ZeroEndpoints, bool ZeroGroups, int Tier), (List<Distributor> Branches, List<double> Weights)>();
        for (var i = 0; i < groups.Length; i++)
        {
            Add(set.Groups[i], groups[i].Weighted, zeroEndpoints: false);
            Add(set.Groups[i], groups[i].LastResort, zeroEndpoints: true);
        }

        var composed = levels.Values.Select(level =>
            level.Branches.Count == 1 ? level.Branches[0] : new SplitDistributor([.. level.Branches], [.. level.Weights])).ToArray();
        return composed.Length switch
        {
            0 => null,
            1 => composed[0],
            _ => new FallbackDistributor(composed),
        };

        void Add(EndpointGroup group, Distributor? distributor, bool zeroEndpoints)
        {
            if (distributor is null)
            {
                return;
            }

            var key = (zeroEndpoints, group.Weight == 0, group.Tier);
            if (!levels.TryGetValue(key, out var level))
            {
                levels.Add(key, level = ([], []));
            }

            level.Branches.Add(distributor);
            level.Weights.Add(group.Weight == 0 ? 1 : group.Weight);
        }
    }

    /// <param name="Number">The number that its observers use; from 1.</param>
    /// <param name="Source">The source of the set's group.</param>
    /// <param name="Weighted">Its distributor; null if none of its endpoints has a weight.</param>
    /// <param name="LastResort">That of its endpoints of weight 0; null if it has none.</param>
    private readonly record struct Group(int Number, object? Source, Distributor? Weighted, Distributor? LastResort);

    // Of a rented array.
    private readonly record struct Members(GroupMember[] All, int Weighted, int Count)
    {
        public void Share()
        {
            // In the order of the set, as they were named; the last resorts stand the other way round, which makes no difference to an endpoint.
            foreach (ref var member in All.AsSpan(0, Count))
            {
                member = member with { Branch = member.Endpoint.Groups.NextBranch(member.Endpoint) };
            }
        }

        public Group Make(in Group previous, DistributorFactory factory)
        {
            var made = previous with
            {
                Weighted = Weighted > 0 ? factory(All.AsSpan(0, Weighted), previous.Weighted) : null,
                LastResort = Weighted < Count ? factory(All.AsSpan(Weighted, Count - Weighted), previous.LastResort) : null,
            };
            ArrayPool<GroupMember>.Shared.Return(All, clearArray: true);
            return made;
        }
    }
}
