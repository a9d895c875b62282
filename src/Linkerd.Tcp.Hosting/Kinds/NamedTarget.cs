using System.Globalization;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting;

/// <summary>Represents a target of sessions under a name: resolvers take names, so a tree of names is given one of its own. Immutable; any thread.</summary>
/// <param name="Name">The name.</param>
/// <param name="Tree">The target.</param>
public sealed record NamedTarget(DstPath Name, NameTree Tree)
{
    private static readonly DstPath First = DstPath.Parse("/target");

    /// <summary>Gets a value that indicates whether the target is a name by itself.</summary>
    public bool IsName => Tree is NameTree.Leaf;

    /// <summary>Names the targets of servers, and of their routes.</summary>
    public static IReadOnlyList<NamedTarget> Of(IEnumerable<ServerConfiguration> servers)
    {
        ArgumentNullException.ThrowIfNull(servers);
        return Of(servers.SelectMany(static server => server.SniRoutes.Select(static route => route.DstName!.Tree).Prepend(server.DstName)).OfType<NameTree>());
    }

    /// <summary>Names targets: each name stays, and each tree gets a name that no name of a tree starts with, or a tree would lead to itself. Equal targets get one name.</summary>
    public static IReadOnlyList<NamedTarget> Of(params IEnumerable<NameTree> targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        var trees = targets.Distinct().ToList();
        var taken = trees.SelectMany(static tree => tree.Names()).Where(static name => name.Count > 0).Select(static name => name[0]).ToHashSet();
        var named = new List<NamedTarget>(trees.Count);
        foreach (var tree in trees)
        {
            named.Add(new NamedTarget(tree is NameTree.Leaf leaf ? leaf.Path : NextName(taken), tree));
        }

        return named;
    }

    /// <summary>Appends an entry to a dtab for each target that is a tree.</summary>
    public static Dtab Append(Dtab dtab, IEnumerable<NamedTarget> targets)
    {
        ArgumentNullException.ThrowIfNull(dtab);
        ArgumentNullException.ThrowIfNull(targets);
        return targets.Where(static target => !target.IsName).Aggregate(dtab, static (all, target) => all.Append(new Dtab(new DtabEntry(DtabPrefix.Of(target.Name), target.Tree))));
    }

    private static DstPath NextName(HashSet<string> taken)
    {
        var name = First;
        for (var i = 2; !taken.Add(name[0]); i++)
        {
            name = DstPath.Parse(string.Create(CultureInfo.InvariantCulture, $"{First}-{i}"));
        }

        return name;
    }
}
