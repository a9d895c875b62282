using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Proxying;

/// <summary>One direction of a copy. Written by the relay that moves its bytes, read by the other direction and by the timer.</summary>
internal sealed class HalfDuplex(DuplexRun run, TransportConnection source, TransportConnection destination, ClosedBy sourceSide, ClosedBy destinationSide, long now)
    : IRelayObserver
{
    private const long NothingYet = long.MinValue;

    // Bytes that were received before and not consumed belong to the copy.
    private long _receivedBefore = source.BytesReceived - source.UnreadBytes;
    private long _sentBefore = destination.BytesSent;
    private TransportConnection _source = source;
    private TransportConnection _destination = destination;
    private long _firstReceived = source.UnreadBytes > 0 ? now : NothingYet;
    private long _lastReceived = now;
    private long _lastMoved = now;
    private long _endedAt;
    private volatile bool _finCame;
    private volatile bool _ended;
    private volatile bool _endedWithFin;
    private volatile bool _blocked;
    private bool _tellsFirst;

    public TransportConnection Source => Volatile.Read(ref _source);

    public TransportConnection Destination => Volatile.Read(ref _destination);

    public ClosedBy SourceSide => sourceSide;

    public ClosedBy DestinationSide => destinationSide;

    // A reader that looks while a connection is replaced, on which nothing went yet, may see the start of the new one and the count of the old one.
    public long Received => Math.Max(0, Volatile.Read(ref _source).BytesReceived - Volatile.Read(ref _receivedBefore));

    public long Sent => Math.Max(0, Volatile.Read(ref _destination).BytesSent - Volatile.Read(ref _sentBefore));

    /// <summary>The time at which the first bytes came from the source; null if none came.</summary>
    public long? FirstReceived => Volatile.Read(ref _firstReceived) is var first and not NothingYet ? first : null;

    /// <summary>The time at which bytes last came from the source.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    /// <summary>The time at which bytes last came or went.</summary>
    public long LastMoved => Volatile.Read(ref _lastMoved);

    public long EndedAt => Volatile.Read(ref _endedAt);

    public bool Ended => _ended;

    public bool EndedWithFin => _endedWithFin;

    /// <summary>True if it is over or about to be: set before the FIN is passed on, so that the other peer's answer to the FIN comes after it.</summary>
    public bool IsLast => _finCame || _ended;

    /// <summary>True if it waits for the destination to take bytes, and so does not read from the source.</summary>
    public bool Blocked => _blocked;

    /// <summary>True if something would move it, though its relay has not been notified of it yet.</summary>
    public bool IsAboutToMove => !_ended && (_blocked ? Volatile.Read(ref _destination).HasUnseenRoom : Volatile.Read(ref _source).HasUnseenInput);

    /// <summary>The time at which the source was found to be gone while this direction was blocked; 0 if it was not. For the timer alone.</summary>
    public long SourceGoneAt { get; set; }

    /// <summary>Replaces a source that brought nothing by another connection. While no relay runs.</summary>
    public void ReplaceSource(TransportConnection fresh)
    {
        Volatile.Write(ref _receivedBefore, fresh.BytesReceived - fresh.UnreadBytes);
        Volatile.Write(ref _source, fresh);
    }

    /// <summary>Replaces a destination that was sent nothing by another connection. While no relay runs.</summary>
    public void ReplaceDestination(TransportConnection fresh)
    {
        Volatile.Write(ref _sentBefore, fresh.BytesSent);
        Volatile.Write(ref _destination, fresh);
    }

    /// <summary>Notifies the copy when the next bytes arrive from the source, once. Before the relay is started.</summary>
    public void TellFirst() => _tellsFirst = true;

    public void OnReceived(long now)
    {
        if (_firstReceived == NothingYet)
        {
            Volatile.Write(ref _firstReceived, now);
        }

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

    /// <summary>Counts bytes that were seen on their way as moved.</summary>
    public void RecordMoving(long now) => Volatile.Write(ref _lastMoved, now);

    public void OnUnblocked(long now)
    {
        _blocked = false;
        Volatile.Write(ref _lastMoved, now);
    }

    public void OnEnded(RelayEnd end) => run.OnEnded(this, end);

    public void OnFaulted(Exception error) => run.OnFaulted(error);

    /// <summary>
    /// True if a stream that the source has cut ends as if it had not been: a cut cannot be told from a FIN on a connection without TLS, and a client's is one there, as what it said has arrived. A
    /// server's answer that was cut must not look complete.
    /// </summary>
    public bool PassesCutAsFin => sourceSide == ClosedBy.Client || Volatile.Read(ref _destination).HasTruncatedEnd;

    /// <summary>Passes the source's FIN on.</summary>
    /// <param name="isCut">True if it came without the end that the source's protocol demands.</param>
    public void PassFin(bool isCut)
    {
        _finCame = true;
        var destination = Volatile.Read(ref _destination);
        if (!isCut || !destination.TryShutdownTruncated())
        {
            destination.ShutdownSend();
        }
    }

    public void End(bool withFin, long now)
    {
        Volatile.Write(ref _endedAt, now);
        _endedWithFin = withFin;
        _blocked = false;
        _ended = true;
    }
}
