using System.Collections.Immutable;

namespace Linkerd.Tcp.Cli;

/// <summary>What is known of a name at one moment. Immutable.</summary>
/// <param name="Binding">The last answer about its binding.</param>
/// <param name="Tree">The last tree that it was bound to; null where it never was.</param>
/// <param name="Leaves">The states of the leaves of the tree, by their ids.</param>
internal sealed record NameSnapshot(NameBinding Binding, BoundTree? Tree, ImmutableDictionary<DstPath, Resolution> Leaves)
{
    /// <summary>Nothing is known.</summary>
    public static NameSnapshot Nothing { get; } = new(NameBinding.Pending.Instance, null, ImmutableDictionary<DstPath, Resolution>.Empty);

    /// <summary>What is still waited for; empty where all is known.</summary>
    public IEnumerable<string> Missing => Tree is null
        ? Binding is NameBinding.Pending ? ["its binding"] : []
        : Tree.Leaves().Select(leaf => leaf.Id).Distinct().Where(id => StateOf(id) is Resolution.Pending).Select(id => $"the addresses of {id}");

    /// <summary>What the proxy makes of it.</summary>
    public Resolution Resolution => Binding switch
    {
        NameBinding.Failed failed => new Resolution.Failed(failed.Error),
        NameBinding.Bound => InterpreterResolver.Evaluate(Tree!, StateOf),
        _ => Resolution.Pending.Instance,
    };

    /// <summary>The state of a leaf.</summary>
    public Resolution StateOf(DstPath id) => Leaves.GetValueOrDefault(id, Resolution.Pending.Instance);

    /// <summary>The same after an answer about its binding; the states of leaves that are gone are forgotten.</summary>
    public NameSnapshot With(NameBinding binding)
    {
        var tree = (binding as NameBinding.Bound)?.Tree ?? Tree;
        var ids = tree is null ? [] : tree.Leaves().Select(leaf => leaf.Id).ToHashSet();
        return new(binding, tree, Leaves.RemoveRange(Leaves.Keys.Where(id => !ids.Contains(id))));
    }

    /// <summary>The same after an answer about a leaf. A branch that fails keeps its last addresses, as in the proxy; alone it is the name that fails.</summary>
    public NameSnapshot With(DstPath id, Resolution state) => this with
    {
        Leaves = state is Resolution.Failed or Resolution.Pending && Tree is not BoundTree.Leaf && StateOf(id) is Resolution.Bound ? Leaves : Leaves.SetItem(id, state),
    };
}
