namespace Linkerd.Tcp;

/// <summary>
/// The sessions that are open, and the bytes of all that were. A session leaves the list and its bytes join the total in one step, so that
/// whoever counts meanwhile counts each byte once. Any thread.
/// </summary>
internal sealed class SessionList
{
    private readonly Lock _lock = new();
    private readonly LinkedList<ClientSession> _sessions = [];
    private ByteTotals _finished;
    private TaskCompletionSource? _empty;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _sessions.Count;
            }
        }
    }

    public void Add(LinkedListNode<ClientSession> session)
    {
        lock (_lock)
        {
            _sessions.AddLast(session);
        }
    }

    public void Remove(LinkedListNode<ClientSession> session)
    {
        TaskCompletionSource? empty = null;
        lock (_lock)
        {
            _sessions.Remove(session);
            _finished += session.Value.CountBytes();
            if (_sessions.Count == 0)
            {
                empty = _empty;
                _empty = null;
            }
        }

        empty?.SetResult();
    }

    /// <summary>The bytes of all sessions so far, live ones included.</summary>
    public ByteTotals CountBytes()
    {
        lock (_lock)
        {
            var total = _finished;
            foreach (var session in _sessions)
            {
                total += session.CountBytes();
            }

            return total;
        }
    }

    /// <summary>Completes when there is no session.</summary>
    public Task WaitEmptyAsync()
    {
        lock (_lock)
        {
            if (_sessions.Count == 0)
            {
                return Task.CompletedTask;
            }

            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }

    /// <summary>Ends every session.</summary>
    /// <returns>How many this call ended.</returns>
    public int EndAll(ClosedBy by)
    {
        ClientSession[] sessions;
        lock (_lock)
        {
            sessions = [.. _sessions];
        }

        return sessions.Count(session => session.TryEnd(by));
    }
}
