namespace Linkerd.Tcp;

/// <summary>One direction of a copy. Written by the relay that moves its bytes, read by the other direction and by the timer.</summary>
internal sealed class HalfDuplex(DuplexRun run, TransportConnection source, TransportConnection destination, ClosedBy sourceSide, ClosedBy destinationSide, long now)
    : IRelayObserver
{
    // What was received before and not consumed belongs to the copy.
    private readonly long _receivedBefore = source.BytesReceived - source.UnreadBytes;
    private readonly long _sentBefore = destination.BytesSent;
    private long _lastReceived = now;
    private long _lastMoved = now;
    private long _endedAt;
    private volatile bool _finCame;
    private volatile bool _ended;
    private volatile bool _endedWithFin;
    private volatile bool _blocked;
    private bool _tellsFirst;

    public TransportConnection Source => source;

    public TransportConnection Destination => destination;

    public ClosedBy SourceSide => sourceSide;

    public ClosedBy DestinationSide => destinationSide;

    public long Received => source.BytesReceived - _receivedBefore;

    public long Sent => destination.BytesSent - _sentBefore;

    /// <summary>When bytes last came from the source.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    /// <summary>When bytes last came or went.</summary>
    public long LastMoved => Volatile.Read(ref _lastMoved);

    public long EndedAt => Volatile.Read(ref _endedAt);

    public bool Ended => _ended;

    public bool EndedWithFin => _endedWithFin;

    /// <summary>Whether it is over or about to be: known before the FIN is passed on, so that what the other peer answers to the FIN comes after it.</summary>
    public bool IsLast => _finCame || _ended;

    /// <summary>Whether it waits for the destination to take bytes, and so does not read from the source.</summary>
    public bool Blocked => _blocked;

    /// <summary>When the source was found to be gone while this direction was blocked; 0: it was not. For the timer alone.</summary>
    public long SourceGoneAt { get; set; }

    /// <summary>Has the next bytes from the source told to the copy, once. Before the relay is started.</summary>
    public void TellFirst() => _tellsFirst = true;

    public void OnReceived(long now)
    {
        Volatile.Write(ref _lastReceived, now);
        Volatile.Write(ref _lastMoved, now);
        if (_tellsFirst)
        {
            _tellsFirst = false;
            run.OnFirstFromClient(now);
        }
    }

    public void OnBlocked()
    {
        _blocked = true;
        run.WatchBlocked();
    }

    public void OnSent(long now) => Volatile.Write(ref _lastMoved, now);

    public void OnUnblocked(long now)
    {
        _blocked = false;
        Volatile.Write(ref _lastMoved, now);
    }

    public void OnEnded(RelayEnd end) => run.OnEnded(this, end);

    public void OnFaulted(Exception error) => run.OnFaulted(error);

    public void NoteFin() => _finCame = true;

    public void End(bool withFin, long now)
    {
        Volatile.Write(ref _endedAt, now);
        _endedWithFin = withFin;
        _blocked = false;
        _ended = true;
    }
}
