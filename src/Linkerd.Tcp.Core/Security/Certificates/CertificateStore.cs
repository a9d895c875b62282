namespace Linkerd.Tcp.Security.Certificates;

/// <summary>
/// Shares the watches of certificate files between the destinations that use the same files: a registry may have thousands of destinations with the same options. Members may be called from any
/// thread; the first use of files loads them on the thread of the caller.
/// </summary>
internal sealed class CertificateStore(CertificateServices services)
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];

    /// <summary>Gets the services of the watches.</summary>
    public CertificateServices Services => services;

    /// <summary>Gets the number of watches.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Gets the certificates and roots in use.</summary>
    public IReadOnlyList<CertificateSnapshot> Snapshot()
    {
        lock (_lock)
        {
            return [.. _entries.SelectMany(static entry => entry.Watch.Snapshot())];
        }
    }

    /// <summary>Gets a watch of files, and holds it.</summary>
    /// <exception cref="Primitives.InvalidOptionsException">Files cannot be used.</exception>
    public CertificateUse Acquire(CertificateSources sources)
    {
        lock (_lock)
        {
            var entry = _entries.Find(entry => entry.Sources.IsSame(sources));
            if (entry is null)
            {
                entry = new Entry(sources, new CertificateWatch(sources, services));
                _entries.Add(entry);
            }

            entry.Uses++;
            return new CertificateUse(this, entry);
        }
    }

    /// <summary>Loads all files again, whether they have changed or not.</summary>
    /// <returns>The problems of files that cannot be used.</returns>
    public Task<IReadOnlyList<string>> ReloadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return CertificateWatch.ReloadAsync([.. _entries.Select(static entry => entry.Watch)], cancellationToken);
        }
    }

    private void Release(Entry entry)
    {
        lock (_lock)
        {
            if (--entry.Uses > 0)
            {
                return;
            }

            _entries.Remove(entry);
        }

        entry.Watch.Dispose();
    }

    internal sealed class Entry(CertificateSources sources, CertificateWatch watch)
    {
        public CertificateSources Sources => sources;

        public CertificateWatch Watch => watch;

        public int Uses { get; set; }
    }

    /// <summary>One use of a watch.</summary>
    internal sealed class CertificateUse(CertificateStore store, Entry entry) : IDisposable
    {
        private int _isReleased;

        /// <summary>Gets the watch.</summary>
        public CertificateWatch Watch => entry.Watch;

        /// <summary>Ends the use. What was read from the watch stays good.</summary>
        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReleased, 1) == 0)
            {
                store.Release(entry);
            }
        }
    }
}
