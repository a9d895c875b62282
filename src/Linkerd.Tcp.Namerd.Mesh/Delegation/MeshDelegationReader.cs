using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Namerd.Mesh.Wire;
using Linkerd.Tcp.Namerd.Protocol;
using Linkerd.Tcp.Naming;
using Node = Linkerd.Tcp.Namerd.Protocol.BoundDelegateTree.NodeOneofCase;

namespace Linkerd.Tcp.Namerd.Mesh.Delegation;

/// <summary>Reads namerd's answer to <c>GetDelegateTree</c>. Weights that are not valid count as 1.</summary>
internal static class MeshDelegationReader
{
    // The prefix that namerd adds to the reason, here alone.
    private const string ExceptionPrefix = "BoundDelegateTree Exception: ";

    /// <exception cref="MeshFormatException">There is no such tree; the message contains the problem.</exception>
    public static DelegateTree Read(DelegateTreeRsp message)
    {
        try
        {
            return Read(message.Tree ?? throw new MeshFormatException("there is no tree in it"));
        }
        catch (InsufficientExecutionStackException)
        {
            throw new MeshFormatException("it is nested too deep");
        }
    }

    private static DelegateTree Read(BoundDelegateTree node)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var path = MeshNames.FromMessage(node.Path);
        var entry = ReadEntry(node.Dentry, path);
        return node.NodeCase switch
        {
            Node.Delegate => new DelegateTree.Step(path, entry, Read(node.Delegate)),
            Node.Alt when node.Alt.Trees.Count > 0 => new DelegateTree.Alt(path, entry, [.. node.Alt.Trees.Select(Read)]),
            Node.Union when node.Union.Trees.Count > 0 => new DelegateTree.Union(path, entry, ReadBranches(node.Union, path)),
            Node.Leaf => new DelegateTree.Leaf(path, entry, ReadLeaf(node.Leaf, path)),

            // Without a branch there is nothing to be found, as linkerd simplifies them.
            Node.Neg or Node.Alt or Node.Union => new DelegateTree.Negative(path, entry),
            Node.Fail => new DelegateTree.Fail(path, entry),
            Node.Empty => new DelegateTree.Empty(path, entry),
            Node.Exception => new DelegateTree.Failed(path, entry, ReadError(node.Exception)),
            Node.Transformation => new DelegateTree.Transformation(
                path,
                node.Transformation.Name,
                ReadLeaf(node.Transformation.Leaf, path),
                Read(node.Transformation.Tree ?? throw new MeshFormatException($"the transformation of {path} has no tree"))),
            _ => throw new MeshFormatException(
                $"the node of {path} is none of neg, fail, empty, alt, union, leaf, delegate, transformation and exception"),
        };
    }

    private static ImmutableArray<WeightedDelegateTree> ReadBranches(BoundDelegateTree.Types.Union union, DstPath path) =>
        [.. union.Trees.Select(branch => new WeightedDelegateTree(
            MeshDtabReader.ReadWeight(branch.Weight), Read(branch.Tree ?? throw new MeshFormatException($"a branch of the union of {path} has no tree"))))];

    private static BoundTree.Leaf ReadLeaf(BoundDelegateTree.Types.Leaf? leaf, DstPath path)
    {
        var id = MeshNames.FromMessage(leaf?.Id);
        return id.Count > 0 ? new BoundTree.Leaf(id, MeshNames.FromMessage(leaf!.Residual)) : throw new MeshFormatException($"the leaf of {path} has no id");
    }

    private static DtabEntry? ReadEntry(Protocol.Dtab.Types.Dentry? entry, DstPath path)
    {
        try
        {
            return entry is null ? null : MeshDtabReader.ReadEntry(entry);
        }
        catch (MeshFormatException error)
        {
            throw new MeshFormatException($"the entry of the dtab at {path} is none: {error.Message}");
        }
    }

    private static string ReadError(string error)
    {
        var reason = error.StartsWith(ExceptionPrefix, StringComparison.Ordinal) ? error[ExceptionPrefix.Length..] : error;
        return reason.Length > 0 ? reason : "no reason is given";
    }
}
