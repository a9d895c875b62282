namespace Linkerd.Tcp.Naming.Binding;

/// <summary>Gets the leaves of trees.</summary>
internal static class TreeLeaves
{
    /// <summary>Gets the names at the leaves, left to right.</summary>
    public static IEnumerable<DstPath> Leaves(this NameTree tree) => tree switch
    {
        NameTree.Leaf leaf => [leaf.Path],
        NameTree.Union union => union.Branches.SelectMany(branch => branch.Tree.Leaves()),
        NameTree.Alt alt => alt.Branches.SelectMany(branch => branch.Leaves()),
        _ => [],
    };

    /// <summary>Gets the ids at the leaves, left to right.</summary>
    public static IEnumerable<DstPath> Ids(this BoundTree tree) => tree switch
    {
        BoundTree.Leaf leaf => [leaf.Id],
        BoundTree.Union union => union.Branches.SelectMany(branch => branch.Tree.Ids()),
        BoundTree.Alt alt => alt.Branches.SelectMany(branch => branch.Ids()),
        _ => [],
    };
}
