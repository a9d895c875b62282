using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;
using Dtab = Linkerd.Tcp.Naming.Dtab;
using Elem = Linkerd.Tcp.Namerd.Protocol.Dtab.Types.Dentry.Types.Prefix.Types.Elem;

namespace Linkerd.Tcp.Namerd.Mesh.Wire;

/// <summary>Creates messages from dtabs and name trees.</summary>
internal static class MeshDtabWriter
{
    private const string Wildcard = "*";

    public static Protocol.Dtab ToMessage(Dtab dtab)
    {
        var message = new Protocol.Dtab();
        foreach (var entry in dtab.Entries)
        {
            var prefix = new Protocol.Dtab.Types.Dentry.Types.Prefix();
            for (var i = 0; i < entry.Prefix.Count; i++)
            {
                prefix.Elems.Add(ToMessage(entry.Prefix[i]));
            }

            message.Dentries.Add(new Protocol.Dtab.Types.Dentry { Prefix = prefix, Dst = ToMessage(entry.Tree) });
        }

        return message;
    }

    private static Elem ToMessage(string element) =>
        element == Wildcard ? new Elem { Wildcard = new() } : new Elem { Label = MeshNames.ToBytes(element) };

    public static PathNameTree ToMessage(NameTree tree) => tree switch
    {
        NameTree.Leaf leaf => new() { Leaf = new() { Id = MeshNames.ToMessage(leaf.Path) } },
        NameTree.Alt alt => new() { Alt = new() { Trees = { alt.Branches.Select(ToMessage) } } },
        NameTree.Union union => new()
        {
            Union = new()
            {
                Trees = { union.Branches.Select(branch => new PathNameTree.Types.Union.Types.Weighted { Weight = branch.Weight, Tree = ToMessage(branch.Tree) }) },
            },
        },
        NameTree.Fail => new() { Fail = new() },
        NameTree.Empty => new() { Empty = new() },
        _ => new() { Neg = new() },
    };
}
