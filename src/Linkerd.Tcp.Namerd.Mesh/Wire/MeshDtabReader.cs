using System.Runtime.CompilerServices;
using System.Text;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;
using Elem = Linkerd.Tcp.Namerd.Protocol.Dtab.Types.Dentry.Types.Prefix.Types.Elem;
using Node = Linkerd.Tcp.Namerd.Protocol.PathNameTree.NodeOneofCase;

namespace Linkerd.Tcp.Namerd.Mesh.Wire;

/// <summary>Reads entries of dtabs and name trees from messages. Weights that are not valid count as 1.</summary>
internal static class MeshDtabReader
{
    private const char Wildcard = '*';

    // Finagle's entry for none: its prefix is the label '/', which no text has.
    private static readonly DtabEntry Nothing = new(DtabPrefix.Parse(@"/\x2f"), NameTree.Negative.Instance);

    /// <summary>Reads an entry; null if the message has none.</summary>
    /// <exception cref="MeshFormatException">It is not an entry.</exception>
    public static DtabEntry? ReadEntry(Protocol.Dtab.Types.Dentry message)
    {
        var entry = new DtabEntry(ReadPrefix(message.Prefix), Read(message.Dst));
        return entry == Nothing ? null : entry;
    }

    /// <summary>Gets the weight, without a sign if it is zero; 1 if it is not valid.</summary>
    public static double ReadWeight(double weight) => double.IsFinite(weight) && weight >= 0 ? Math.Abs(weight) : 1;

    private static DtabPrefix ReadPrefix(Protocol.Dtab.Types.Dentry.Types.Prefix? prefix)
    {
        var text = new StringBuilder();
        foreach (var element in prefix?.Elems ?? [])
        {
            if (element.ValueCase == Elem.ValueOneofCase.Wildcard)
            {
                text.Append('/').Append(Wildcard);
            }
            else
            {
                MeshNames.AppendLabel(text, element.Label);
            }
        }

        return DtabPrefix.Parse(text.Length == 0 ? "/" : text.ToString());
    }

    /// <exception cref="MeshFormatException">There is no such tree.</exception>
    private static NameTree Read(PathNameTree? tree)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return tree?.NodeCase switch
        {
            Node.Neg => NameTree.Negative.Instance,
            Node.Fail => NameTree.Fail.Instance,
            Node.Empty => NameTree.Empty.Instance,
            Node.Leaf => new NameTree.Leaf(MeshNames.FromMessage(tree.Leaf.Id)),
            Node.Alt => tree.Alt.Trees.Count switch
            {
                0 => NameTree.Negative.Instance,
                1 => Read(tree.Alt.Trees[0]),
                _ => new NameTree.Alt([.. tree.Alt.Trees.Select(Read)]),
            },
            Node.Union => tree.Union.Trees.Count switch
            {
                0 => NameTree.Negative.Instance,
                1 => Read(tree.Union.Trees[0].Tree),
                _ => new NameTree.Union([.. tree.Union.Trees.Select(branch => new WeightedTree(ReadWeight(branch.Weight), Read(branch.Tree)))]),
            },
            _ => throw new MeshFormatException("its tree has a node that is none of neg, fail, empty, alt, union and leaf"),
        };
    }
}
