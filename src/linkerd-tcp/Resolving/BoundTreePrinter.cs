using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>Converts a bound tree to a delegation without steps, for interpreters that do not explain a binding.</summary>
internal static class BoundTreePrinter
{
    /// <summary>The tree, under the name.</summary>
    public static DelegateTree ToDelegation(DstPath name, BoundTree tree) => tree is BoundTree.Leaf leaf && leaf.Id != name
        ? new DelegateTree.Step(name, null, Convert(name, tree))
        : Convert(name, tree);

    private static DelegateTree Convert(DstPath name, BoundTree tree) => tree switch
    {
        BoundTree.Leaf leaf => new DelegateTree.Leaf(leaf.Id, null, leaf),
        BoundTree.Alt alt => new DelegateTree.Alt(name, null, [.. alt.Branches.Select(branch => Convert(name, branch))]),
        BoundTree.Union union => new DelegateTree.Union(name, null, [.. union.Branches.Select(branch => new WeightedDelegateTree(branch.Weight, Convert(name, branch.Tree)))]),
        BoundTree.Fail => new DelegateTree.Fail(DstPath.Root, null),
        BoundTree.Empty => new DelegateTree.Empty(name, null),
        _ => new DelegateTree.Negative(name, null),
    };
}
