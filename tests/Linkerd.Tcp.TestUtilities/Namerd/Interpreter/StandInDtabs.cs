namespace Linkerd.Tcp.TestUtilities;

/// <summary>The dtabs of all namespaces, as namerd's store in memory keeps them. Guarded by its owner's lock.</summary>
internal sealed class StandInDtabs(StandInReads reads)
{
    private readonly SortedDictionary<string, VersionedDtab> _dtabs = new(StringComparer.Ordinal);

    public string[] Namespaces => [.. _dtabs.Keys];

    /// <summary>The fact that the dtab of a namespace is.</summary>
    public static string Fact(string ns) => $"dtab {ns}";

    /// <summary>The dtab of a namespace; null where there is none.</summary>
    public VersionedDtab? Get(string ns)
    {
        reads.Note(Fact(ns));
        return _dtabs.GetValueOrDefault(ns);
    }

    /// <summary>Writes a dtab over the one that there is, if there is one; null deletes it.</summary>
    public void Set(string ns, StandInDtab? dtab)
    {
        if (dtab is null)
        {
            _dtabs.Remove(ns);
        }
        else
        {
            _dtabs[ns] = new(_dtabs.TryGetValue(ns, out var last) ? last.Version + 1 : 1, dtab);
        }
    }
}
