namespace Linkerd.Tcp.TestUtilities;

/// <summary>
/// Which watch has read what, so that a change is looked at by those whom it concerns and not by all of a thousand. Guarded by the world's lock.
/// </summary>
internal sealed class StandInReads
{
    private readonly Dictionary<string, HashSet<StandInWatch>> _readers = [];
    private StandInWatch? _reader;
    private long _count;

    /// <summary>Called wherever a fact is read.</summary>
    public void Note(string fact)
    {
        if (_reader is { } reader && reader.Facts.Add(fact))
        {
            if (!_readers.TryGetValue(fact, out var readers))
            {
                _readers[fact] = readers = [];
            }

            readers.Add(reader);
        }
    }

    /// <summary>Lets a watch look, and remembers what it reads.</summary>
    public void Look(StandInWatch watch)
    {
        if (watch.Number == 0)
        {
            watch.Number = ++_count;
        }

        Forget(watch);
        _reader = watch;
        try
        {
            watch.Look();
        }
        finally
        {
            _reader = null;
        }
    }

    /// <summary>Lets those look who have read one of these, in the order in which they came.</summary>
    public void Changed(IEnumerable<string> facts)
    {
        var readers = new HashSet<StandInWatch>();
        foreach (var fact in facts)
        {
            readers.UnionWith(_readers.GetValueOrDefault(fact) ?? []);
        }

        foreach (var reader in readers.OrderBy(reader => reader.Number))
        {
            Look(reader);
        }
    }

    public void Forget(StandInWatch watch)
    {
        foreach (var fact in watch.Facts)
        {
            if (_readers.TryGetValue(fact, out var readers) && readers.Remove(watch) && readers.Count == 0)
            {
                _readers.Remove(fact);
            }
        }

        watch.Facts.Clear();
    }
}
