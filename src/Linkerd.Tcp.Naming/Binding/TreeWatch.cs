using Linkerd.Tcp.Infrastructure;

namespace Linkerd.Tcp.Naming.Binding;

/// <summary>One watch of one name: the tree that it is bound to, the states of its leaves, and the resolution that these make together.</summary>
internal sealed class TreeWatch(SharedLeaves shared, LatestValue<Resolution> states)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DstPath, LeafState> _leaves = [];
    private readonly Dictionary<DstPath, IDisposable> _watches = [];
    private BoundTree? _tree;

    /// <summary>Follows the name until cancelled.</summary>
    public async Task RunAsync(DstPath name, IInterpreter interpreter, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var binding in interpreter.BindAsync(name, cancellationToken).ConfigureAwait(false))
            {
                Apply(binding);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Interpreters do not throw; an exception of one must not leave the name unchanged.
            states.Put(new Resolution.Failed($"{name}: {e.Message}"));
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                // The binding is final; the addresses are not.
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            foreach (var watch in _watches.Values)
            {
                watch.Dispose();
            }
        }
    }

    private void Apply(NameBinding binding)
    {
        switch (binding)
        {
            case NameBinding.Bound bound:
                Follow(bound.Tree);
                break;
            case NameBinding.Failed failed:
                states.Put(new Resolution.Failed(failed.Error));
                break;
            default:
                states.Put(Resolution.Pending.Instance);
                break;
        }
    }

    // Only ever called by the loop above, one tree after the other; leaves report from any thread.
    private void Follow(BoundTree tree)
    {
        var ids = tree.Ids().ToHashSet();
        var added = ids.Where(id => !_watches.ContainsKey(id)).ToList();
        var removed = _watches.Keys.Where(id => !ids.Contains(id)).ToList();
        lock (_lock)
        {
            _tree = null;
            foreach (var id in added)
            {
                _leaves[id] = LeafState.Pending;
            }
        }

        // Outside the lock, as they may report at once; and all of them, before the first resolution is made of their reports.
        foreach (var id in added)
        {
            _watches[id] = shared.Watch(id, state => Update(id, state));
        }

        lock (_lock)
        {
            _tree = tree;
            foreach (var id in removed)
            {
                _leaves.Remove(id);
            }

            PutKnown(tree);
            states.Put(TreeEvaluator.Evaluate(tree, id => _leaves[id]));
        }

        foreach (var id in removed)
        {
            _watches.Remove(id, out var watch);
            watch!.Dispose();
        }
    }

    // Others may have watched a leaf before it failed: an observer that comes now keeps the same set.
    private void PutKnown(BoundTree tree)
    {
        if (TreeEvaluator.Evaluate(tree, id => new LeafState(_leaves[id].AsBranch, null)) is Resolution.Bound known)
        {
            states.Put(known);
        }
    }

    private void Update(DstPath id, Resolution state)
    {
        lock (_lock)
        {
            if (!_leaves.TryGetValue(id, out var leaf))
            {
                return;
            }

            _leaves[id] = leaf.Then(state);
            if (_tree is not null)
            {
                states.Put(TreeEvaluator.Evaluate(_tree, leafId => _leaves[leafId]));
            }
        }
    }
}
