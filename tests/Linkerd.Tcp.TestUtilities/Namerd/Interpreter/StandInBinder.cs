using System.Collections.Immutable;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Binds names as namerd does: through the dtab, the configured namers and the built-in ones.</summary>
/// <param name="dtab">The dtab of the namespace, and what the request adds to it.</param>
/// <param name="script">What is said about a name directly; null where nothing is.</param>
/// <param name="namers">The rest: bound trees, or further names.</param>
internal sealed class StandInBinder(StandInDtab dtab, Func<DstPath, BoundTree?> script, StandInNamers namers)
{
    private const int MaxDepth = 100;

    // Two entries that both loop make 2^100 branches: a namerd dies of them, a stand-in should not.
    private const int MaxSteps = 10_000;
    private static readonly BoundTree TooDeep = new BoundTree.Throws("Max recursion level: 100 reached in Namer lookup");
    private int _steps;

    public BoundTree Bind(DstPath name)
    {
        _steps = 0;
        return BindName(name, 0, weight: null);
    }

    private BoundTree Bind(StandInTree tree, int depth, double? weight) => tree switch
    {
        StandInTree.Neg => new BoundTree.Neg(),
        StandInTree.Fail => new BoundTree.Fail(),
        StandInTree.Empty => new BoundTree.Empty(),
        StandInTree.Alt alt => BindAlt(alt.Branches, depth, weight),
        StandInTree.Union union => BoundTree.OfBranches(union.Branches.Select(branch => (branch.Weight, Bind(branch.Tree, depth, branch.Weight)))),
        StandInTree.Leaf leaf => BindName(leaf.Path, depth, weight),
        _ => throw new ArgumentException($"{tree} is unknown", nameof(tree)),
    };

    private BoundTree BindName(DstPath name, int depth, double? weight)
    {
        if (depth > MaxDepth || ++_steps > MaxSteps)
        {
            return TooDeep;
        }

        if (script(name) is { } scripted)
        {
            return Weigh(scripted, weight);
        }

        var found = dtab.Lookup(name);
        return found.Length switch
        {
            0 => Weigh(namers.Lookup(name), weight),
            1 when found[0] is StandInTree.Neg => Weigh(namers.Lookup(name), weight),
            1 => Bind(found[0], depth + 1, weight),
            _ => BindAlt(found, depth + 1, weight),
        };
    }

    private BoundTree BindAlt(ImmutableArray<StandInTree> branches, int depth, double? weight)
    {
        foreach (var branch in branches)
        {
            if (Bind(branch, depth, weight) is var bound and not BoundTree.Neg)
            {
                return bound;
            }
        }

        return new BoundTree.Neg();
    }

    // The union that a scripted name is has given its leaves their weights already.
    private static BoundTree Weigh(BoundTree tree, double? weight) => weight is not null && tree is BoundTree.Leaf { Weight: null } leaf ? leaf with { Weight = weight } : tree;
}
