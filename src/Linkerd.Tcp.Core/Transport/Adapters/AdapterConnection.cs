namespace Linkerd.Tcp;

/// <summary>What connections over something that is not a socket have in common: counters, a timer, and no way to ask a kernel.</summary>
internal abstract class AdapterConnection(TimeProvider timeProvider) : TransportConnection
{
    private readonly ThreadPoolExecutor _executor = new(timeProvider);
    private readonly ProviderTimer _timer = new(timeProvider);
    private long _bytesReceived;
    private long _bytesSent;
    private int _aborted;
    private volatile bool _peerGone;
    private volatile bool _peerFinished;

    public override TransportExecutor Executor => _executor;

    public override TransportTimer Deadline => _timer;

    public override long BytesReceived => Volatile.Read(ref _bytesReceived);

    public override long BytesSent => Volatile.Read(ref _bytesSent);

    public override bool PeerGone => _peerGone;

    /// <summary>Nobody can be asked: known once a receive has brought the end.</summary>
    public override bool PeerFinished => _peerFinished || _peerGone;

    protected bool IsAborted => Volatile.Read(ref _aborted) != 0;

    /// <summary>What was written and flushed is out of our hands; nobody tells more.</summary>
    public override ValueTask<bool> WaitAcknowledgedAsync() => new(!IsAborted && !_peerGone);

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) == 0)
        {
            AbortCore();
        }
    }

    protected abstract void AbortCore();

    protected void CountReceived(int count) => Volatile.Write(ref _bytesReceived, _bytesReceived + count);

    protected void CountSent(int count) => Volatile.Write(ref _bytesSent, _bytesSent + count);

    protected void NotePeerGone() => _peerGone = true;

    /// <summary>Notes how a receive has ended.</summary>
    protected void NoteEnd(TransportStatus status)
    {
        if (status != TransportStatus.Aborted)
        {
            _peerFinished = true;
        }
    }

    /// <summary>What an error of an operation means.</summary>
    protected TransportStatus Judge()
    {
        if (IsAborted)
        {
            return TransportStatus.Aborted;
        }

        _peerGone = true;
        return TransportStatus.Reset;
    }

    protected void DisposeTimer() => _timer.Dispose();
}
