using Linkerd.Tcp.Naming.Binding;

namespace Linkerd.Tcp.Naming.Namers;

/// <summary>
/// The binding of a name that exists if its leaf is bound: pending until that is known; a failure changes nothing about it.
/// </summary>
internal sealed class LeafLookup : NamerLookup
{
    private readonly BoundTree.Leaf _leaf;
    private readonly Action _changed;
    private readonly IDisposable _watch;
    private NameBinding _current = NameBinding.Pending.Instance;
    private bool _isFirst = true;

    public LeafLookup(SharedLeaves leaves, BoundTree.Leaf leaf, Action changed)
    {
        _leaf = leaf;
        _changed = changed;
        _watch = leaves.Watch(leaf.Id, Update);
    }

    public override NameBinding Current => Volatile.Read(ref _current);

    protected override void Dispose(bool disposing)
    {
        _watch.Dispose();
        base.Dispose(disposing);
    }

    // One call at a time, and the first one within the constructor.
    private void Update(Resolution state)
    {
        var next = state switch
        {
            Resolution.Bound => new NameBinding.Bound(_leaf),
            Resolution.Negative => NameBinding.Bound.Negative,
            Resolution.Failed failed when _current is not NameBinding.Bound => new NameBinding.Failed(failed.Error),
            _ => _current,
        };
        var hasChanged = next != _current;
        Volatile.Write(ref _current, next);
        if (hasChanged && !_isFirst)
        {
            _changed();
        }

        _isFirst = false;
    }
}
