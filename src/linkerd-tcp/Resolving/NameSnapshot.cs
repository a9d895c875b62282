using System.Collections.Immutable;
using Linkerd.Tcp.Naming;

namespace Linkerd.Tcp.Cli.Resolving;

/// <summary>The known state of a name at one moment. Immutable.</summary>
internal sealed record NameSnapshot
{
    // The ids of the leaves of the tree, and the number of those whose state is not known yet.
    private ImmutableHashSet<DstPath> _ids = [];
    private int _pending;

    /// <summary>Nothing is known.</summary>
    public static NameSnapshot Nothing { get; } = new();

    /// <summary>The last answer about its binding.</summary>
    public NameBinding Binding { get; private init; } = NameBinding.Pending.Instance;

    /// <summary>The last tree that it was bound to; null if it never was.</summary>
    public BoundTree? Tree { get; private init; }

    /// <summary>The states of the leaves of the tree, by their ids.</summary>
    public ImmutableDictionary<DstPath, Resolution> Leaves { get; private init; } = ImmutableDictionary<DstPath, Resolution>.Empty;

    /// <summary>The ids of the leaves of the tree.</summary>
    public IReadOnlySet<DstPath> Ids => _ids;

    /// <summary>True if a state is still missing.</summary>
    public bool IsWaiting => Tree is null ? Binding is NameBinding.Pending : _pending > 0;

    /// <summary>The missing states; empty if all are known.</summary>
    public IEnumerable<string> Missing => Tree is null
        ? Binding is NameBinding.Pending ? ["its binding"] : []
        : Tree.Leaves().Select(leaf => leaf.Id).Distinct().Where(id => StateOf(id) is Resolution.Pending).Select(id => $"the addresses of {id}");

    /// <summary>The resolution that the proxy would use.</summary>
    public Resolution Resolution => Binding switch
    {
        NameBinding.Failed failed => new Resolution.Failed(failed.Error),
        NameBinding.Bound => InterpreterResolver.Evaluate(Tree!, StateOf),
        _ => Resolution.Pending.Instance,
    };

    /// <summary>Gets the state of a leaf.</summary>
    public Resolution StateOf(DstPath id) => Leaves.GetValueOrDefault(id, Resolution.Pending.Instance);

    /// <summary>Returns the snapshot after an answer about its binding; the states of leaves that are gone are dropped.</summary>
    public NameSnapshot With(NameBinding binding)
    {
        if (binding is not NameBinding.Bound { Tree: var tree })
        {
            return this with { Binding = binding };
        }

        var ids = tree.Leaves().Select(leaf => leaf.Id).ToImmutableHashSet();
        return this with
        {
            Binding = binding,
            Tree = tree,
            Leaves = Leaves.RemoveRange(Leaves.Keys.Where(id => !ids.Contains(id))),
            _ids = ids,
            _pending = ids.Count(id => StateOf(id) is Resolution.Pending),
        };
    }

    /// <summary>Returns the snapshot after an answer about a leaf. A branch that fails keeps its last addresses, as in the proxy; alone it is the name that fails.</summary>
    public NameSnapshot With(DstPath id, Resolution state)
    {
        var before = StateOf(id);
        if (state is Resolution.Failed or Resolution.Pending && Tree is not BoundTree.Leaf && before is Resolution.Bound)
        {
            return this;
        }

        var change = _ids.Contains(id) ? (state is Resolution.Pending ? 1 : 0) - (before is Resolution.Pending ? 1 : 0) : 0;
        return this with { Leaves = Leaves.SetItem(id, state), _pending = _pending + change };
    }
}
