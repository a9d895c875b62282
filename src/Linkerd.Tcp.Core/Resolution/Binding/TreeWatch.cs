using System.Collections.Immutable;

namespace Linkerd.Tcp;

/// <summary>A watch of every leaf of a tree, and the resolution that their states make together.</summary>
internal sealed class TreeWatch : IDisposable
{
    private readonly NameTree _tree;
    private readonly Latest<ImmutableDictionary<DstPath, LeafState>> _leaves;
    private readonly List<IDisposable> _watches = [];

    /// <summary>Begins.</summary>
    /// <param name="tree">The tree; its leaves can be bound.</param>
    /// <param name="watchLeaf">Tells an observer the state of a leaf, now and at every change, until the result is disposed.</param>
    public TreeWatch(NameTree tree, Func<DstPath, Action<Resolution>, IDisposable> watchLeaf)
    {
        _tree = tree;
        var names = tree.Leaves().Distinct().ToArray();
        _leaves = new(names.ToImmutableDictionary(name => name, _ => LeafState.Pending));
        foreach (var name in names)
        {
            _watches.Add(watchLeaf(name, state => _leaves.Update(leaves => leaves.SetItem(name, leaves[name].Then(state)))));
        }
    }

    /// <summary>The resolution now, and a task that ends when it may have changed. Changes in between are not queued up.</summary>
    public (Resolution Resolution, Task Changed) Read()
    {
        var (leaves, replaced) = _leaves.Read();
        return (TreeEvaluator.Evaluate(_tree, name => leaves[name]), replaced);
    }

    public void Dispose()
    {
        foreach (var watch in _watches)
        {
            watch.Dispose();
        }
    }
}
