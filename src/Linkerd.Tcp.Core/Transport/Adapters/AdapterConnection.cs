using System.Net.Sockets;

namespace Linkerd.Tcp.Transport.Adapters;

/// <summary>
/// The common part of connections over something that is not a socket: counters, a timer, and no kernel to query. What is under them is user
/// code: every exception that it throws becomes the result of the operation, and nothing leaves <see cref="Abort"/> or the disposal.
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

    /// <summary>There is no kernel to query: true once a receive has returned the end.</summary>
    public override bool HasPeerClosed => _peerFinished || _peerGone;

    protected bool IsAborted => Volatile.Read(ref _aborted) != 0;

    /// <summary>True if what is under it must not be called any more: aborted, or broken.</summary>
    protected bool IsOver => _isBroken || IsAborted;

    /// <summary>The status of the end, once it is over.</summary>
    protected TransportStatus End => IsAborted ? TransportStatus.Aborted : TransportStatus.Reset;

    /// <summary>The type that is under it, for the log.</summary>
    protected abstract string TypeName { get; }

    /// <summary>Bytes that were written and flushed cannot be followed any further.</summary>
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

    /// <summary>Notes the end of a receive.</summary>
    protected void RecordEnd(TransportStatus status)
    {
        if (status != TransportStatus.Aborted)
        {
            _peerFinished = true;
        }
    }

    /// <summary>Classifies an error of an operation. If it does not come from the peer's end, nothing else would find it out: the other direction ends with it.</summary>
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

    /// <summary>Ends the connection as by a reset of the peer, and completes the operations that wait for it.</summary>
    protected void Break(Exception error)
    {
        RecordFault(error);
        _peerGone = true;
        _isBroken = true;
        AbortCore();
    }

    /// <summary>Logs, once, an error that does not mean that the peer is gone, or that we are.</summary>
    protected void RecordFault(Exception error)
    {
        if (!IsEnd(error) && Interlocked.Exchange(ref _told, 1) == 0)
        {
            _log.Threw(TypeName, error);
        }
    }

    /// <summary>Returns true if an exception is one of those by which streams and pipes report that one of the two ends is gone.</summary>
    protected static bool IsEnd(Exception error) =>
        error is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;

    protected void DisposeTimer() => _timer.Dispose();
}
