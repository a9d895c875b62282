using System.Buffers;

namespace Linkerd.Tcp;

/// <summary>
/// What a balancer picks from: the groups of a set, each with its distributor, composed into splits and fallbacks. Immutable.
/// The order of the levels: tiers first; then groups of weight 0; then endpoints of weight 0, which nothing but want of any other may use.
/// </summary>
internal sealed class DistributorTree
{
    /// <summary>The tree without endpoints.</summary>
    public static readonly DistributorTree Empty = new(null, [], []);

    private readonly Group[] _groups;

    private DistributorTree(Distributor? root, Group[] groups, IReadOnlyList<Endpoint> endpoints)
    {
        Root = root;
        _groups = groups;
        Endpoints = endpoints;
    }

    /// <summary>Where to draw from; null where there is no endpoint.</summary>
    public Distributor? Root { get; }

    /// <summary>The endpoints, each once, in the order of the set.</summary>
    public IReadOnlyList<Endpoint> Endpoints { get; }

    /// <summary>The tree of a new set; groups carry on the state of the ones that stood in their place.</summary>
    public DistributorTree Next(EndpointSet set, EndpointTable table, DistributorFactory factory)
    {
        table.Begin();
        var endpoints = new List<Endpoint>(set.Count);
        var groups = new Group[set.Groups.Length];
        for (var i = 0; i < groups.Length; i++)
        {
            groups[i] = MakeGroup(i, set.Groups[i], i < _groups.Length ? _groups[i] : default, endpoints, table, factory);
        }

        table.End(endpoints.Count);
        return new DistributorTree(Compose(set, groups), groups, endpoints.AsReadOnly());
    }

    /// <summary>Another tree stands in its place. Under the balancer's lock.</summary>
    public void Retire()
    {
        foreach (var group in _groups)
        {
            group.Weighted?.Retire();
            group.LastResort?.Retire();
        }
    }

    private static Group MakeGroup(
        int number, EndpointGroup group, Group previous, List<Endpoint> endpoints, EndpointTable table, DistributorFactory factory)
    {
        // Weighted ones from the front, last resorts from the back.
        var count = group.Endpoints.Length;
        var members = ArrayPool<GroupMember>.Shared.Rent(count);
        var weighted = 0;
        var lastResort = count;
        foreach (var item in group.Endpoints)
        {
            var endpoint = table.Name(item, (number, group.Tier), endpoints, out var weight);
            if (weight > 0)
            {
                members[weighted++] = new GroupMember(endpoint, weight);
            }
            else
            {
                members[--lastResort] = new GroupMember(endpoint, 1);
            }
        }

        var made = new Group(
            weighted > 0 ? factory(members.AsSpan(0, weighted), previous.Weighted) : null,
            lastResort < count ? factory(members.AsSpan(lastResort, count - lastResort), previous.LastResort) : null);
        ArrayPool<GroupMember>.Shared.Return(members, clearArray: true);
        return made;
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

    private readonly record struct Group(Distributor? Weighted, Distributor? LastResort);
}
