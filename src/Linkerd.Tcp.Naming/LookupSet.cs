using Linkerd.Tcp.Naming.Namers;

namespace Linkerd.Tcp.Naming;

/// <summary>
/// The observations that the binding of one name depends on. Each round of binding uses some; those that were not used again are given up
/// at its end. For one thread at a time.
/// </summary>
internal sealed class LookupSet(NamerSet namers, Action changed) : IDisposable
{
    private Dictionary<(Namer Namer, DstPath Name), NamerLookup> _lookups = [];
    private Dictionary<(Namer Namer, DstPath Name), NamerLookup> _asked = [];

    /// <summary>Gets the binding of a name by the namers: the first answer that is not negative.</summary>
    public NameBinding Ask(DstPath name)
    {
        var known = false;
        foreach (var namer in namers.For(name))
        {
            known = true;
            var current = Look(namer, name).Current;
            if (current is not NameBinding.Bound { Tree: BoundTree.Negative })
            {
                return current;
            }
        }

        return known ? NameBinding.Bound.Negative : NamerSet.Unknown(name);
    }

    /// <summary>Ends a round.</summary>
    public void EndRound()
    {
        foreach (var (key, lookup) in _lookups)
        {
            if (!_asked.ContainsKey(key))
            {
                lookup.Dispose();
            }
        }

        (_lookups, _asked) = (_asked, _lookups);
        _asked.Clear();
    }

    public void Dispose() => EndRound();

    private NamerLookup Look(Namer namer, DstPath name)
    {
        if (!_asked.TryGetValue((namer, name), out var lookup))
        {
            lookup = _lookups.TryGetValue((namer, name), out var before) ? before : namer.Lookup(name, changed);
            _asked.Add((namer, name), lookup);
        }

        return lookup;
    }
}
