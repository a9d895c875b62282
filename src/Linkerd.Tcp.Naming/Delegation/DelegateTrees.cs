using System.Collections.Immutable;

namespace Linkerd.Tcp.Naming.Delegation;

/// <summary>Makes the nodes of a delegation so that nothing is said twice, as linkerd simplifies them.</summary>
internal static class DelegateTrees
{
    /// <summary>A step; one that does not change the name is none. Null where there is no tree.</summary>
    public static DelegateTree? Step(DstPath path, DtabEntry? entry, DelegateTree? tree) => tree switch
    {
        null => null,
        DelegateTree.Negative or DelegateTree.Fail or DelegateTree.Empty => new DelegateTree.Step(path, entry, tree),
        _ when tree.Path == path => tree with { Entry = entry },
        _ => new DelegateTree.Step(path, entry, tree),
    };

    /// <summary>Alternatives; those of an alternative of the same name are alternatives beside the others.</summary>
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
