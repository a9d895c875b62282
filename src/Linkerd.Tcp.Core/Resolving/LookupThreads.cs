namespace Linkerd.Tcp.Resolving;

/// <summary>
/// Background threads for calls that block, so that no thread of the pool does: they start when there is work, up to <see cref="MaxThreads"/>, and end when they have been
/// idle for a while. The end of the process does not wait for them. Work that is not a refresh comes first, and has some threads that refreshes never take. Any thread.
/// </summary>
/// <param name="idle">The time for which a thread waits for work before it ends.</param>
internal sealed class LookupThreads(TimeSpan idle)
{
    public const int MaxThreads = 16;

    /// <summary>The limit of threads for refreshes. With silent name servers every thread is taken for tens of seconds; the first lookup of a name does not wait behind refreshes then.</summary>
    public const int MaxRefreshThreads = 12;

    // A monitor, since idle threads wait on it.
    private readonly object _gate = new();
    private readonly LinkedList<LookupWork> _first = [];
    private readonly LinkedList<LookupWork> _refreshes = [];
    private int _threads;
    private int _waiting;
    private int _refreshing;

    /// <exception cref="OutOfMemoryException">There is no thread, and none can be started.</exception>
    public void Add(LookupWork work)
    {
        lock (_gate)
        {
            work.Node = ListFor(work).AddLast(work);
            try
            {
                WakeThread();
            }
            catch (OutOfMemoryException)
            {
                if (_threads == 0)
                {
                    Take(work);
                    throw;
                }
            }
        }
    }

    /// <summary>Makes it no refresh any more, if it has not been started.</summary>
    public void Promote(LookupWork work)
    {
        lock (_gate)
        {
            if (work is { IsRefresh: true, Node: not null })
            {
                Take(work);
                work.IsRefresh = false;
                Add(work);
            }
        }
    }

    /// <summary>Removes it; false if it has been started.</summary>
    public bool Remove(LookupWork work)
    {
        lock (_gate)
        {
            return Take(work);
        }
    }

    private LinkedList<LookupWork> ListFor(LookupWork work) => work.IsRefresh ? _refreshes : _first;

    private static bool Take(LookupWork work)
    {
        if (work.Node is not { } node)
        {
            return false;
        }

        node.List!.Remove(node);
        work.Node = null;
        return true;
    }

    private void WakeThread()
    {
        // Threads that wait may have been woken for earlier work already.
        var ready = _first.Count + Math.Min(_refreshes.Count, MaxRefreshThreads - _refreshing);
        if (_waiting >= ready)
        {
            Monitor.Pulse(_gate);
        }
        else if (_threads < MaxThreads)
        {
            new Thread(Run) { IsBackground = true, Name = "host lookup" }.UnsafeStart();
            _threads++;
        }
    }

    private LookupWork? TakeNext()
    {
        var next = _first.First ?? (_refreshing < MaxRefreshThreads ? _refreshes.First : null);
        if (next is null)
        {
            return null;
        }

        Take(next.Value);
        _refreshing += next.Value.IsRefresh ? 1 : 0;
        return next.Value;
    }

    private void Run()
    {
        while (Next() is { } work)
        {
            work.Run();
            lock (_gate)
            {
                _refreshing -= work.IsRefresh ? 1 : 0;
            }
        }
    }

    private LookupWork? Next()
    {
        lock (_gate)
        {
            var isWoken = true;
            while (true)
            {
                if (TakeNext() is { } work)
                {
                    return work;
                }

                if (!isWoken)
                {
                    _threads--;
                    return null;
                }

                _waiting++;
                isWoken = Monitor.Wait(_gate, idle);
                _waiting--;
            }
        }
    }
}
