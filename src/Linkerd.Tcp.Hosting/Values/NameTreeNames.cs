using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Hosting;

/// <summary>Provides the names of a tree of names.</summary>
public static class NameTreeNames
{
    /// <summary>Gets the names at the leaves, left to right.</summary>
    public static IEnumerable<DstPath> Names(this NameTree tree) => tree switch
    {
        NameTree.Leaf leaf => [leaf.Path],
        NameTree.Union union => union.Branches.SelectMany(branch => branch.Tree.Names()),
        NameTree.Alt alt => alt.Branches.SelectMany(Names),
        _ => [],
    };
}
