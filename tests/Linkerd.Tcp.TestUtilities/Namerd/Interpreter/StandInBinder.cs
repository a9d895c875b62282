using System.Collections.Immutable;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Binds names as namerd does: through the dtab, the configured namers and the built-in ones.</summary>
/// <param name="dtab">The dtab of the namespace, and what the request adds to it.</param>
/// <param name="script">What is said about a name directly; null where nothing is.</param>
/// <param name="namers">The rest: bound trees, or further names.</param>
internal sealed class StandInBinder(StandInDtab dtab, Func<DstPath, BoundTree?> script, StandInNamers namers)
{
    private const int MostDepth = 100;

    public BoundTree Bind(DstPath name) => script(name) ?? Bind(new StandInTree.Leaf(name), 0);

    private BoundTree Bind(StandInTree tree, int depth) => tree switch
    {
        StandInTree.Neg => new BoundTree.Neg(),
        StandInTree.Fail => new BoundTree.Fail(),
        StandInTree.Empty => new BoundTree.Empty(),
        StandInTree.Alt alt => BindAlt(alt.Branches, depth),
        StandInTree.Union union => BindUnion(union, depth),
        StandInTree.Leaf leaf => BindName(leaf.Path, depth),
        _ => throw new ArgumentException($"{tree} is unknown", nameof(tree)),
    };

    private BoundTree BindName(DstPath name, int depth)
    {
        if (depth > MostDepth)
        {
            return new BoundTree.Throws("Max recursion level: 100 reached in Namer lookup");
        }

        var found = dtab.Lookup(name);
        return found.Length switch
        {
            0 => namers.Lookup(name),
            1 when found[0] is StandInTree.Neg => namers.Lookup(name),
            1 => Bind(found[0], depth + 1),
            _ => BindAlt(found, depth + 1),
        };
    }

    private BoundTree BindAlt(ImmutableArray<StandInTree> branches, int depth)
    {
        foreach (var branch in branches)
        {
            if (Bind(branch, depth) is var bound and not BoundTree.Neg)
            {
                return bound;
            }
        }

        return new BoundTree.Neg();
    }

    private BoundTree BindUnion(StandInTree.Union union, int depth)
    {
        var bound = union.Branches.Select(branch => (branch.Weight, Tree: Bind(branch.Tree, depth))).ToList();
        var settled = bound.Where(branch => branch.Tree is not (BoundTree.Pending or BoundTree.Throws)).ToImmutableArray();
        if (settled.Length <= 1)
        {
            return settled.Length == 1 ? settled[0].Tree : (bound.Find(branch => branch.Tree is BoundTree.Throws).Tree ?? new BoundTree.Pending());
        }

        var kept = settled.RemoveAll(branch => branch.Tree is BoundTree.Neg or BoundTree.Fail);
        return kept.Length switch
        {
            0 => new BoundTree.Neg(),
            1 => kept[0].Tree,
            _ => new BoundTree.Union(kept),
        };
    }
}
