using System.Globalization;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// All that the stand-in knows: dtabs, files, hosts and scripted names. Every change is seen by every watch at once and in order. Any thread.
/// </summary>
internal sealed class StandInWorld(ulong seed)
{
    private const string ScriptedId = "/scripted";
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (string Text, long Version, StandInDtab Dtab)> _dtabs = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Namespace, DstPath Name), NameState> _script = [];
    private readonly StandInNamers _namers = new();
    private readonly List<StandInWatch> _watches = [];
    private readonly IRandomSource _random = RandomSource.Seeded(seed);

    /// <summary>Changes something, and tells every watch.</summary>
    public void Change(Action<StandInNamers> change)
    {
        lock (_lock)
        {
            change(_namers);
            foreach (var watch in _watches)
            {
                watch.Look(this);
            }
        }
    }

    public void SetDtab(string ns, string? text)
    {
        var dtab = text is null ? null : StandInDtab.Parse(text);
        Change(_ =>
        {
            if (dtab is null)
            {
                _dtabs.Remove(ns);
            }
            else
            {
                _dtabs[ns] = (text!, _dtabs.TryGetValue(ns, out var last) ? last.Version + 1 : 1, dtab);
            }
        });
    }

    public void SetName(string ns, DstPath name, NameState? state) => Change(_ =>
    {
        if (state is null)
        {
            _script.Remove((ns, name));
        }
        else
        {
            _script[(ns, name)] = state;
        }
    });

    public string[] Namespaces()
    {
        lock (_lock)
        {
            return [.. _dtabs.Keys];
        }
    }

    public (string Text, long Version)? Dtab(string ns)
    {
        lock (_lock)
        {
            return _dtabs.TryGetValue(ns, out var dtab) ? (dtab.Text, dtab.Version) : null;
        }
    }

    /// <summary>The status that requests about a name are to be answered with, if there is one.</summary>
    public NameState.HttpStatus? Status(string ns, DstPath name)
    {
        lock (_lock)
        {
            return _script.GetValueOrDefault((ns, name)) as NameState.HttpStatus;
        }
    }

    public StandInWatch Watch(string ns, DstPath name, StandInDtab extra)
    {
        lock (_lock)
        {
            var watch = new StandInWatch(this, ns, name, extra);
            _watches.Add(watch);
            watch.Look(this);
            return watch;
        }
    }

    public void Forget(StandInWatch watch)
    {
        lock (_lock)
        {
            _watches.Remove(watch);
        }
    }

    // The three below are called by a watch that looks, under the lock.
    internal BoundTree Bind(string ns, DstPath name, StandInDtab extra)
    {
        var dtab = _dtabs.TryGetValue(ns, out var found) ? found.Dtab : StandInDtab.Nothing;
        return new StandInBinder(dtab.Append(extra), path => Script(ns, path), _namers).Bind(name);
    }

    internal NameState Addresses(string id)
    {
        if (!id.StartsWith(ScriptedId, StringComparison.Ordinal))
        {
            return _namers.Addresses(id);
        }

        var parts = id.Split('|');
        var state = _script.GetValueOrDefault((parts[1], DstPath.Parse(parts[2]))) ?? new NameState.Neg();
        foreach (var index in parts.Skip(3))
        {
            state = state is NameState.Union union ? union.Branches[int.Parse(index, CultureInfo.InvariantCulture)].State : new NameState.Neg();
        }

        return state;
    }

    internal string? Draw(BoundTree tree) => tree.Draw(_random);

    private BoundTree? Script(string ns, DstPath name) =>
        _script.TryGetValue((ns, name), out var state) ? Script(state, $"{ScriptedId}|{ns}|{name}") : null;

    private static BoundTree Script(NameState state, string id) => state switch
    {
        NameState.BindError error => new BoundTree.Throws(error.Text),
        NameState.HttpStatus => new BoundTree.Pending(),
        NameState.Union union => new BoundTree.Union([.. union.Branches.Select((branch, i) => (branch.Weight, Script(branch.State, $"{id}|{i}")))]),
        _ => new BoundTree.Leaf(id),
    };
}
