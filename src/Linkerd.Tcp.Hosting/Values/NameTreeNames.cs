namespace Linkerd.Tcp.Hosting;

/// <summary>What a tree of names leads to.</summary>
internal static class NameTreeNames
{
    /// <summary>The names at the leaves, left to right.</summary>
    public static IEnumerable<DstPath> Names(this NameTree tree) => tree switch
    {
        NameTree.Leaf leaf => [leaf.Path],
        NameTree.Union union => union.Branches.SelectMany(branch => branch.Tree.Names()),
        NameTree.Alt alt => alt.Branches.SelectMany(Names),
        _ => [],
    };
}
