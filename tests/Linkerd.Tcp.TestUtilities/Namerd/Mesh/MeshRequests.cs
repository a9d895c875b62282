using Grpc.Core;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;
using Dtab = Linkerd.Tcp.Naming.Dtab;
using Element = Linkerd.Tcp.Namerd.Protocol.Dtab.Types.Dentry.Types.Prefix.Types.Elem;
using Node = Linkerd.Tcp.Namerd.Protocol.PathNameTree.NodeOneofCase;
using Path = Linkerd.Tcp.Namerd.Protocol.Path;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Reads what a client of the mesh sends, and refuses it in namerd's words.</summary>
internal static class MeshRequests
{
    /// <exception cref="RpcException">It is not a path of one label.</exception>
    public static string Namespace(Path? root)
    {
        if (root is null)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, "No namespace specified"));
        }

        return root.Elems.Count == 1
            ? root.Elems[0].ToStringUtf8()
            : throw new RpcException(new Status(StatusCode.InvalidArgument, $"Invalid root: `{Name(root)}` must have exactly one segment"));
    }

    public static DstPath Name(Path? path) => path is null || path.Elems.Count == 0
        ? DstPath.Root
        : DstPath.Parse(string.Concat(path.Elems.Select(label => "/" + string.Concat(label.Select(b => $"\\x{b:x2}")))));

    public static Dtab Dtab(Namerd.Protocol.Dtab? dtab) => new([.. (dtab ?? new()).Dentries.Select(Entry)]);

    private static DtabEntry Entry(Namerd.Protocol.Dtab.Types.Dentry entry) =>
        new(DtabPrefix.Parse("/" + string.Join('/', (entry.Prefix ?? new()).Elems.Select(Print))), Tree(entry.Dst));

    private static string Print(Element element) =>
        element.ValueCase == Element.ValueOneofCase.Wildcard ? "*" : string.Concat(element.Label.Select(b => $"\\x{b:x2}"));

    public static NameTree Tree(PathNameTree? tree) => tree?.NodeCase switch
    {
        Node.Leaf => new NameTree.Leaf(Name(tree.Leaf.Id)),
        Node.Alt => tree.Alt.Trees.Count == 1 ? Tree(tree.Alt.Trees[0]) : new NameTree.Alt([.. tree.Alt.Trees.Select(Tree)]),
        Node.Union => tree.Union.Trees.Count == 1
            ? Tree(tree.Union.Trees[0].Tree)
            : new NameTree.Union([.. tree.Union.Trees.Select(branch => new WeightedTree(branch.Weight, Tree(branch.Tree)))]),
        Node.Fail => NameTree.Fail.Instance,
        Node.Empty => NameTree.Empty.Instance,
        _ => NameTree.Negative.Instance,
    };
}
