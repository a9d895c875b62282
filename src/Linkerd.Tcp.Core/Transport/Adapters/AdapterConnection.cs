using System.Net.Sockets;

namespace Linkerd.Tcp.Transport.Adapters;

/// <summary>
/// What connections over something that is not a socket have in common: counters, a timer, and no way to ask a kernel. What is under them is somebody
/// else's code: whatever it throws, and whenever, becomes the result of the operation, and nothing leaves <see cref="Abort"/> or the disposal.
/// </summary>
internal abstract class AdapterConnection : TransportConnection
{
    private readonly AdapterLog _log;
    private readonly ThreadPoolExecutor _executor;
    private readonly ProviderTimer _timer;
    private long _bytesReceived;
    private long _bytesSent;
    private int _aborted;
    private volatile bool _peerGone;
    private volatile bool _peerFinished;
    private volatile bool _isBroken;
    private int _told;

    protected AdapterConnection(TimeProvider timeProvider, AdapterLog log)
    {
        _log = log;
        _executor = new ThreadPoolExecutor(timeProvider, log.Logger);
        _timer = new ProviderTimer(_executor, this);
    }

    public override TransportExecutor Executor => _executor;

    public override TransportTimer Deadline => _timer;

    public override long BytesReceived => Volatile.Read(ref _bytesReceived);

    public override long BytesSent => Volatile.Read(ref _bytesSent);

    public override bool IsReset => _peerGone;

    /// <summary>Nobody can be asked: known once a receive has brought the end.</summary>
    public override bool HasPeerClosed => _peerFinished || _peerGone;

    protected bool IsAborted => Volatile.Read(ref _aborted) != 0;

    /// <summary>Whether nothing more is to be asked of what is under it: aborted, or broken.</summary>
    protected bool IsOver => _isBroken || IsAborted;

    /// <summary>How it ended, once it is over.</summary>
    protected TransportStatus End => IsAborted ? TransportStatus.Aborted : TransportStatus.Reset;

    /// <summary>What is under it, for the log.</summary>
    protected abstract string TypeName { get; }

    /// <summary>What was written and flushed is out of our hands; nobody tells more.</summary>
    public override ValueTask<bool> FlushToPeerAsync() => new(!IsAborted && !_peerGone);

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) == 0)
        {
            AbortCore();
        }
    }

    /// <summary>Ends every operation that is pending, and throws nothing.</summary>
    protected abstract void AbortCore();

    protected void CountReceived(int count) => Volatile.Write(ref _bytesReceived, _bytesReceived + count);

    protected void CountSent(int count) => Volatile.Write(ref _bytesSent, _bytesSent + count);

    protected void RecordPeerGone() => _peerGone = true;

    /// <summary>Notes how a receive has ended.</summary>
    protected void RecordEnd(TransportStatus status)
    {
        if (status != TransportStatus.Aborted)
        {
            _peerFinished = true;
        }
    }

    /// <summary>What an error of an operation means. Of one that says nothing of the peer nobody else would find out: the other direction ends with it.</summary>
    protected TransportStatus Classify(Exception error)
    {
        if (!IsOver)
        {
            _peerGone = true;
            if (!IsEnd(error))
            {
                Break(error);
            }
        }

        return End;
    }

    /// <summary>It cannot go on, and whoever waits for it is told so: as by a reset of the peer.</summary>
    protected void Break(Exception error)
    {
        RecordFault(error);
        _peerGone = true;
        _isBroken = true;
        AbortCore();
    }

    /// <summary>Logs, once, what does not say that the peer is gone, or that we are.</summary>
    protected void RecordFault(Exception error)
    {
        if (!IsEnd(error) && Interlocked.Exchange(ref _told, 1) == 0)
        {
            _log.Threw(TypeName, error);
        }
    }

    /// <summary>Whether an exception is one of those by which streams and pipes tell that one of the two ends is gone.</summary>
    protected static bool IsEnd(Exception error) =>
        error is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;

    protected void DisposeTimer() => _timer.Dispose();
}
