namespace Linkerd.Tcp.Naming.Binding;

/// <summary>The watches that run now, by the id of their leaf: equal ids share one, whatever name or listener they come from. Any thread.</summary>
/// <param name="states">Begins to follow the states of a leaf.</param>
internal sealed class SharedLeaves(Func<DstPath, CancellationToken, IAsyncEnumerable<Resolution>> states)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DstPath, LeafWatch> _watches = [];

    /// <summary>Passes the state of a leaf to the observer, now and at every change, until the result is disposed.</summary>
    public IDisposable Watch(DstPath id, Action<Resolution> observer)
    {
        LeafWatch? watch;
        bool isNew;
        lock (_lock)
        {
            isNew = !_watches.TryGetValue(id, out watch);
            watch ??= _watches[id] = new LeafWatch();
            watch.Users++;
        }

        // Outside the lock, as user code runs here.
        if (isNew)
        {
            watch.Start(states, id);
        }

        watch.Add(observer);
        return new Registration(this, id, watch, observer);
    }

    private void Release(DstPath id, LeafWatch watch)
    {
        lock (_lock)
        {
            watch.Users--;
            if (watch.Users > 0)
            {
                return;
            }

            _watches.Remove(id);
        }

        watch.Dispose();
    }

    private sealed class Registration(SharedLeaves leaves, DstPath id, LeafWatch watch, Action<Resolution> observer) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                watch.Remove(observer);
                leaves.Release(id, watch);
            }
        }
    }
}
