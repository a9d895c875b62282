using System.Collections.Immutable;

namespace Linkerd.Tcp.Naming.Delegation;

/// <summary>Creates the nodes of a delegation without redundant nodes, with linkerd's rules of simplification.</summary>
internal static class DelegateTrees
{
    /// <summary>Creates a step. A tree of the same name that exists needs none, and is returned with the entry. Null if there is no tree.</summary>
    public static DelegateTree? Step(DstPath path, DtabEntry? entry, DelegateTree? tree) => tree switch
    {
        null => null,
        DelegateTree.Negative or DelegateTree.Fail or DelegateTree.Empty => new DelegateTree.Step(path, entry, tree),
        _ when tree.Path == path => tree with { Entry = entry },
        _ => new DelegateTree.Step(path, entry, tree),
    };

    /// <summary>Creates alternatives; those of a nested alternative of the same name are merged with the others.</summary>
    public static DelegateTree Alt(DstPath path, DtabEntry? entry, IEnumerable<DelegateTree> branches)
    {
        var flat = ImmutableArray.CreateBuilder<DelegateTree>();
        foreach (var branch in branches)
        {
            if (branch is DelegateTree.Alt alt && alt.Path == path)
            {
                flat.AddRange(alt.Branches);
            }
            else
            {
                flat.Add(branch);
            }
        }

        return new DelegateTree.Alt(path, entry, flat.DrainToImmutable());
    }
}
