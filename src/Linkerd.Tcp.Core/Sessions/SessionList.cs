using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Diagnostics;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Routing;

namespace Linkerd.Tcp.Sessions;

/// <summary>
/// The sessions that are open, and the bytes of all that were. A session leaves the list and its bytes join the total in one step, so that
/// a concurrent count includes each byte once. Any thread.
/// </summary>
internal sealed class SessionList : IEndpointTraffic
{
    private readonly Lock _lock = new();
    private Session? _first;
    private int _count;
    private ByteTotals _finished;
    private TaskCompletionSource? _empty;

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>The bytes of the sessions that have ended.</summary>
    public ByteTotals Finished
    {
        get
        {
            lock (_lock)
            {
                return _finished;
            }
        }
    }

    public void Add(Session session)
    {
        lock (_lock)
        {
            _count++;
            session.Next = _first;
            if (_first is not null)
            {
                _first.Previous = session;
            }

            _first = session;
        }
    }

    public void Remove(Session session)
    {
        TaskCompletionSource? empty = null;
        lock (_lock)
        {
            Unlink(session);
            _finished += session.CountBytes();
            if (--_count == 0)
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
            for (var session = _first; session is not null; session = session.Next)
            {
                total += session.CountBytes();
            }

            return total;
        }
    }

    /// <summary>Completes when the list is empty.</summary>
    public Task WaitEmptyAsync()
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                return Task.CompletedTask;
            }

            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }

    /// <summary>Ends every session.</summary>
    /// <returns>The number of sessions that this call ended.</returns>
    public int EndAll(ClosedBy by)
    {
        var sessions = new List<Session>();
        Visit(sessions.Add);
        return sessions.Count(session => session.TryEnd(by));
    }

    /// <summary>Gets every session.</summary>
    public Session[] ToArray()
    {
        lock (_lock)
        {
            var sessions = new Session[_count];
            var at = 0;
            for (var session = _first; session is not null; session = session.Next)
            {
                sessions[at++] = session;
            }

            return sessions;
        }
    }

    /// <summary>Visits every session.</summary>
    /// <param name="look">Called under the list's lock; must be quick, and end nothing.</param>
    public void Visit(Action<Session> look)
    {
        lock (_lock)
        {
            for (var session = _first; session is not null; session = session.Next)
            {
                look(session);
            }
        }
    }

    void IEndpointTraffic.Visit(Action<ServerEndpoint, long, long> look) => Visit(session =>
    {
        if (session.Endpoint is { } endpoint)
        {
            var bytes = session.CountBytes();
            look(endpoint, bytes.FromServer, bytes.ToServer);
        }
    });

    private void Unlink(Session session)
    {
        if (session.Previous is { } previous)
        {
            previous.Next = session.Next;
        }
        else
        {
            _first = session.Next;
        }

        if (session.Next is { } next)
        {
            next.Previous = session.Previous;
        }

        session.Next = session.Previous = null;
    }
}
