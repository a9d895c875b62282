using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// All that the stand-in knows: dtabs, files, hosts, scripted names and ids. Every change is seen at once, in order, by the watches that it concerns. Any thread.
/// </summary>
internal sealed class StandInWorld
{
    private readonly Lock _lock = new();
    private readonly StandInReads _reads = new();
    private readonly StandInNamers _namers;
    private readonly StandInScript _script;
    private readonly StandInDtabs _dtabs;
    private readonly Random _random;

    public StandInWorld(ulong seed)
    {
        _namers = new(_reads);
        _script = new(_reads, _namers);
        _dtabs = new(_reads);
        _random = RandomSource.Seeded(seed);
    }

    /// <summary>Changes something and tells the watches that it concerns.</summary>
    /// <param name="change">The change; it says which facts it changes.</param>
    public void Change(Func<StandInNamers, IEnumerable<string>> change) => Change(() => change(_namers));

    public void SetName(string ns, DstPath name, NameState? state) => Change(() => _script.Set(ns, name, state));

    public void SetId(DstPath id, NameState? state) => Change(() => _script.SetId(id, state));

    /// <summary>Writes the dtab of a namespace; null deletes it.</summary>
    public void SetDtab(string ns, StandInDtab? dtab) => TrySetDtab(ns, dtab, _ => true);

    /// <summary>Writes the dtab of a namespace, or deletes it with null, if what there is (null: nothing) is as it has to be.</summary>
    public bool TrySetDtab(string ns, StandInDtab? dtab, Func<VersionedDtab?, bool> condition)
    {
        lock (_lock)
        {
            if (!condition(_dtabs.Get(ns)))
            {
                return false;
            }

            _dtabs.Set(ns, dtab);
            _reads.Changed([StandInDtabs.Fact(ns)]);
            return true;
        }
    }

    /// <summary>The namespaces that have a dtab, sorted.</summary>
    public string[] Namespaces()
    {
        lock (_lock)
        {
            return _dtabs.Namespaces;
        }
    }

    /// <summary>The dtab of a namespace; null where there is none.</summary>
    public VersionedDtab? Dtab(string ns)
    {
        lock (_lock)
        {
            return _dtabs.Get(ns);
        }
    }

    /// <summary>The status that requests about a name are to be answered with, if there is one.</summary>
    public NameState.HttpStatus? Status(string ns, DstPath name)
    {
        lock (_lock)
        {
            return _script.Status(ns, name);
        }
    }

    /// <summary>The status that requests about an id are to be answered with, if there is one.</summary>
    public NameState.HttpStatus? Status(DstPath id)
    {
        lock (_lock)
        {
            return _script.Status(id);
        }
    }

    /// <summary>Lets a watch look for the first time, and from then on whenever something changes that it has read.</summary>
    public TWatch Start<TWatch>(TWatch watch)
        where TWatch : StandInWatch
    {
        lock (_lock)
        {
            _reads.Look(watch);
            return watch;
        }
    }

    /// <summary>Lets a watch look again, though nothing that it has read has changed.</summary>
    public void LookAgain(StandInWatch watch)
    {
        lock (_lock)
        {
            _reads.Look(watch);
        }
    }

    public void Forget(StandInWatch watch)
    {
        lock (_lock)
        {
            _reads.Forget(watch);
        }
    }

    /// <summary>The bound tree of a name, now and whenever it differs; what throws is the last of it. Nothing while it is pending.</summary>
    public StandInWatch<BoundTree> WatchTree(string ns, DstPath name, StandInDtab extra) => Start(new TreeWatch(this, ns, name, extra));

    /// <summary>The addresses of an id, with or without its transformers, now (<see cref="NameState.Pending"/> too) and whenever they differ; where it throws, <see cref="NameState.BindError"/> is the last of it.</summary>
    public StandInWatch<NameState> WatchAddresses(DstPath id)
    {
        var bare = StandInNamers.WithoutTransformer(id);
        return Start(new ValueWatch<NameState>(this, () => Addresses(bare), state => state is NameState.BindError));
    }

    /// <summary>The dtab of a namespace with its version, now and whenever it is written; null while there is none.</summary>
    public StandInWatch<VersionedDtab?> WatchDtab(string ns) => Start(new ValueWatch<VersionedDtab?>(this, () => _dtabs.Get(ns), _ => false));

    // The ones below are called by a watch that looks, under the lock.
    internal BoundTree Bind(string ns, DstPath name, StandInDtab extra)
    {
        var dtab = _dtabs.Get(ns)?.Dtab ?? StandInDtab.Nothing;
        return new StandInBinder(dtab.Append(extra), path => _script.Lookup(ns, path), _namers).Bind(name);
    }

    internal DelegateTree Delegate(string? ns, DstPath name, StandInDtab extra)
    {
        var dtab = ns is null ? StandInDtab.Nothing : _dtabs.Get(ns)?.Dtab ?? StandInDtab.Nothing;
        return new StandInDelegator(dtab.Append(extra), path => ns is null ? null : _script.Lookup(ns, path), _namers).Delegate(name);
    }

    internal VersionedDtab? DtabNow(string ns) => _dtabs.Get(ns);

    internal string[] NamespacesNow() => _dtabs.Namespaces;

    internal IEnumerable<string> FilesNow() => _namers.Files.Roots();

    internal NameState Addresses(DstPath id) => _namers.Addresses(id);

    internal NameState AddressesOfLeaf(DstPath id) => _namers.AddressesOfLeaf(id);

    internal DstPath? Draw(BoundTree tree) => tree.Draw(_random);

    private void Change(Func<IEnumerable<string>> change)
    {
        lock (_lock)
        {
            _reads.Changed(change());
        }
    }
}
