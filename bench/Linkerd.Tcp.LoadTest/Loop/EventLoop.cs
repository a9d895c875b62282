using System.Diagnostics;
using Linkerd.Tcp.LoadTest.Native;

namespace Linkerd.Tcp.LoadTest.Loop;

/// <summary>
/// One thread, one epoll instance, both ends of every connection. Events are served first; then one turn of bulk work is done, and the
/// loop looks for events again, so bulk delays nobody by more than a turn. Nothing is allocated once all peers exist.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private readonly int _epoll = ErrorNumber.Check(Libc.EpollCreate1(Constants.CloseOnExec), "epoll_create1");
    private readonly EventBuffer _events = new(256);
    private readonly List<Peer?> _peers = [];
    private readonly Stack<int> _free = new();
    private readonly List<int> _retired = [];
    private readonly Queue<TurnPeer> _turns = new();
    private TurnPeer? _paced;
    private long _pacedDue = long.MaxValue;
    private bool _stopped;

    /// <summary>Takes a peer in; from now on it is told its events.</summary>
    public void Add(Peer peer, int descriptor, uint interest)
    {
        if (!_free.TryPop(out var slot))
        {
            slot = _peers.Count;
            _peers.Add(null);
        }

        _peers[slot] = peer;
        (peer.Descriptor, peer.Slot) = (descriptor, slot);
        EventBuffer.Add(_epoll, descriptor, slot, interest);
    }

    /// <summary>Gives the descriptor of a peer to another peer, with another interest; what is ready already is told again.</summary>
    public void Replace(Peer old, Peer peer, uint interest)
    {
        EventBuffer.Modify(_epoll, old.Descriptor, old.Slot, interest);
        _peers[old.Slot] = peer;
        (peer.Descriptor, peer.Slot, peer.Tls) = (old.Descriptor, old.Slot, old.Tls);
        (old.Descriptor, old.Slot, old.Tls) = (-1, -1, null);
    }

    /// <summary>Closes the descriptor of a peer, which takes it out of the epoll instance too. TLS on it is ended with close_notify.</summary>
    public void Close(Peer peer)
    {
        if (peer.Descriptor < 0)
        {
            return;
        }

        peer.Tls?.Close();
        peer.Tls = null;
        _ = Libc.Close(peer.Descriptor);
        _peers[peer.Slot] = null;

        // Not free before the batch is through: an event in it may still mean the old owner.
        _retired.Add(peer.Slot);
        (peer.Descriptor, peer.Slot) = (-1, -1);
    }

    /// <summary>Queues a turn.</summary>
    public void Schedule(TurnPeer peer)
    {
        if (!peer.IsScheduled)
        {
            peer.IsScheduled = true;
            _turns.Enqueue(peer);
        }
    }

    /// <summary>Queues a turn for later. There is one paced sender at most, so this needs no timer queue.</summary>
    public void ScheduleAt(TurnPeer peer, long timestamp) => (_paced, _pacedDue) = (peer, timestamp);

    /// <summary>Ends the present <see cref="RunUntil"/>.</summary>
    public void Stop() => _stopped = true;

    /// <summary>Runs to a timestamp, or until stopped; returns when it ended.</summary>
    public long RunUntil(long deadline)
    {
        _stopped = false;
        while (true)
        {
            var now = Stopwatch.GetTimestamp();
            if (now >= deadline || _stopped)
            {
                return now;
            }

            if (now >= _pacedDue)
            {
                _pacedDue = long.MaxValue;
                Schedule(_paced!);
            }

            RunOnce(_turns.Count > 0 ? 0 : Math.Min(deadline, _pacedDue) - now);
        }
    }

    /// <summary>Runs for so long, or until stopped.</summary>
    public void RunFor(TimeSpan time) => RunUntil(Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency));

    public void Dispose()
    {
        foreach (var peer in _peers.OfType<Peer>().ToArray())
        {
            Close(peer);
        }

        _ = Libc.Close(_epoll);
    }

    private void RunOnce(long ticks)
    {
        var count = _events.Wait(_epoll, (long)((Int128)ticks * NanosecondsPerSecond / Stopwatch.Frequency));
        for (var i = 0; i < count; i++)
        {
            _peers[_events.SlotAt(i)]?.OnReady(_events.EventsAt(i));
        }

        if (_turns.TryDequeue(out var peer))
        {
            peer.IsScheduled = false;
            peer.TakeTurn();
        }

        foreach (var slot in _retired)
        {
            _free.Push(slot);
        }

        _retired.Clear();
    }
}
