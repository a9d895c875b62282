using System.Collections.Immutable;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;
using Node = Linkerd.Tcp.Namerd.Protocol.BoundNameTree.NodeOneofCase;

namespace Linkerd.Tcp.Namerd.Mesh.Wire;

/// <summary>Reads the tree that a name is bound to. Weights that are not valid count as 1.</summary>
internal sealed class MeshTreeReader
{
    private int _invalidWeights;

    public static MeshAnswer<NameBinding> Read(BoundTreeRsp message)
    {
        var reader = new MeshTreeReader();
        try
        {
            return new(new NameBinding.Bound(reader.Read(message.Tree)), MeshAnswerKind.Answer) { InvalidWeights = reader._invalidWeights };
        }
        catch (MeshFormatException exception)
        {
            return new(new NameBinding.Failed(exception.Message), MeshAnswerKind.Failed) { Error = exception.Message };
        }
    }

    /// <exception cref="MeshFormatException">There is no such tree.</exception>
    private BoundTree Read(BoundNameTree? tree) => tree?.NodeCase switch
    {
        Node.Neg => BoundTree.Negative.Instance,
        Node.Fail => BoundTree.Fail.Instance,
        Node.Empty => BoundTree.Empty.Instance,
        Node.Alt => ReadAlt(tree.Alt),
        Node.Union => ReadUnion(tree.Union),
        Node.Leaf => ReadLeaf(tree.Leaf),
        _ => throw new MeshFormatException("a tree has a node that is none of neg, fail, empty, alt, union and leaf"),
    };

    private static BoundTree.Leaf ReadLeaf(BoundNameTree.Types.Leaf leaf)
    {
        var id = MeshNames.FromMessage(leaf.Id);
        return id.Count > 0 ? new BoundTree.Leaf(id, MeshNames.FromMessage(leaf.Residual)) : throw new MeshFormatException("a leaf of a tree has no id");
    }

    // Without a branch there is nothing to be found, as Finagle has it.
    private BoundTree ReadAlt(BoundNameTree.Types.Alt alt) =>
        alt.Trees.Count == 0 ? BoundTree.Negative.Instance : new BoundTree.Alt([.. alt.Trees.Select(Read)]);

    private BoundTree ReadUnion(BoundNameTree.Types.Union union)
    {
        var branches = ImmutableArray.CreateBuilder<WeightedBoundTree>(union.Trees.Count);
        foreach (var branch in union.Trees)
        {
            var isValid = double.IsFinite(branch.Weight) && branch.Weight >= 0;
            _invalidWeights += isValid ? 0 : 1;

            // Math.Abs: a zero with a sign is a zero.
            branches.Add(new WeightedBoundTree(isValid ? Math.Abs(branch.Weight) : 1, Read(branch.Tree)));
        }

        return branches.Count == 0 ? BoundTree.Negative.Instance : new BoundTree.Union(branches.MoveToImmutable());
    }
}
