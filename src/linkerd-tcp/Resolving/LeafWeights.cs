using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>
/// The weight of the innermost union that each leaf of a bound tree came from, left to right, which namerd sends with the addresses of the leaf. A union with a single
/// remaining branch is not in the bound tree, but its weight counts: so the delegation is needed.
/// </summary>
internal static class LeafWeights
{
    /// <summary>Gets the weights; of the tree alone if the delegation is not known, or does not match it.</summary>
    public static IReadOnlyList<double?> Of(BoundTree tree, DelegateTree? delegation) =>
        delegation is not null && Bind(delegation, null) is { } bound && bound.Tree == tree ? bound.Weights : [.. OfTree(tree, null)];

    private static IEnumerable<double?> OfTree(BoundTree tree, double? weight) => tree switch
    {
        BoundTree.Leaf => [weight],
        BoundTree.Union union => union.Branches.SelectMany(branch => OfTree(branch.Tree, branch.Weight)),
        BoundTree.Alt alt => alt.Branches.SelectMany(branch => OfTree(branch, weight)),
        _ => [],
    };

    // The result of binding a delegation. Null if it has none.
    private static Result? Bind(DelegateTree tree, double? weight) => tree switch
    {
        DelegateTree.Leaf leaf => new(leaf.Bound, [weight]),
        DelegateTree.Step step => Bind(step.Tree, weight),
        DelegateTree.Alt alt => alt.Branches.Select(branch => Bind(branch, weight)).FirstOrDefault(bound => bound?.Tree is not BoundTree.Negative, Result.Negative),
        DelegateTree.Union union => BindUnion(union),
        DelegateTree.Negative => Result.Negative,
        DelegateTree.Fail => new(BoundTree.Fail.Instance, []),
        DelegateTree.Empty => new(BoundTree.Empty.Instance, []),
        _ => null,
    };

    private static Result? BindUnion(DelegateTree.Union union)
    {
        var settled = union.Branches.Select(branch => (branch.Weight, Bound: Bind(branch.Tree, branch.Weight))).Where(branch => branch.Bound is not null).ToList();
        if (settled.Count == 0)
        {
            return null;
        }

        if (settled.Count > 1)
        {
            settled.RemoveAll(branch => branch.Bound!.Tree is BoundTree.Negative or BoundTree.Fail);
        }

        return settled.Count switch
        {
            0 => Result.Negative,
            1 => settled[0].Bound,
            _ => new(
                new BoundTree.Union([.. settled.Select(branch => new WeightedBoundTree(branch.Weight, branch.Bound!.Tree))]),
                [.. settled.SelectMany(branch => branch.Bound!.Weights)]),
        };
    }

    private sealed record Result(BoundTree Tree, IReadOnlyList<double?> Weights)
    {
        public static Result Negative { get; } = new(BoundTree.Negative.Instance, []);
    }
}
