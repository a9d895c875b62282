using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>Gets the leaves of bound trees.</summary>
internal static class BoundTreeLeaves
{
    /// <summary>Gets the leaves, left to right.</summary>
    public static IEnumerable<BoundTree.Leaf> Leaves(this BoundTree tree) => tree switch
    {
        BoundTree.Leaf leaf => [leaf],
        BoundTree.Union union => union.Branches.SelectMany(branch => branch.Tree.Leaves()),
        BoundTree.Alt alt => alt.Branches.SelectMany(Leaves),
        _ => [],
    };
}
