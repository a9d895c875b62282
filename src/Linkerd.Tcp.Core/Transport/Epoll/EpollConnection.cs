using System.Net;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// A connection on an event loop. This part is its interface; calls from other threads are posted to the loop. The socket itself is in the
/// other parts, and is touched by the loop alone.
/// </summary>
internal sealed partial class EpollConnection : TransportConnection, IEpollHandler, ILoopWork
{
    private readonly int _windowSize;
    private AcceptedAddress _address;
    private EndPoint? _remoteEndPoint;
    private EndPoint? _localEndPoint;
    private WheelTimer? _deadline;
    private EpollReceiver? _receiver;
    private EpollSender? _sender;
    private long _bytesReceived;
    private long _bytesSent;
    private volatile bool _aborted;
    private volatile bool _peerGone;
    private volatile bool _peerFinished;

    public EpollConnection(EpollLoop loop, int descriptor, int family, EndPoint? remoteEndPoint, int windowSize)
    {
        Loop = loop;
        _descriptor = descriptor;
        _remoteEndPoint = remoteEndPoint;
        _windowSize = windowSize;
        _state = SocketState.Writable | (family == NativeSocketAddress.Unix ? SocketState.IsUnix | SocketState.NoShortReads : 0);
        loop.AddConnection();
    }

    public EpollLoop Loop { get; }

    public override EndPoint? LocalEndPoint => _localEndPoint ??= AskLocalEndPoint();

    public override EndPoint? RemoteEndPoint => _remoteEndPoint ??= NativeSocketAddress.Read(_address);

    public override TransportExecutor Executor => Loop;

    public override TransportTimer Deadline => _deadline ?? Interlocked.CompareExchange(ref _deadline, new ConnectionTimer(this), null) ?? _deadline;

    public override long BytesReceived => Volatile.Read(ref _bytesReceived);

    public override int UnreadBytes => _receiver?.UnreadBytes ?? 0;

    public override long BytesSent => Volatile.Read(ref _bytesSent);

    public override bool IsReset => _peerGone;

    public override bool HasPeerClosed => _peerFinished || _peerGone || AskPeerFinished();

    /// <summary>The largest number of bytes that one direction of a copy holds.</summary>
    public int WindowSize => _windowSize;

    /// <summary>The buffer into which accept writes the peer's address.</summary>
    public Span<byte> AddressBuffer => _address;

    private EpollReceiver Receiver => _receiver ??= new EpollReceiver(this, _windowSize);

    private EpollSender Sender => _sender ??= new EpollSender(this);

    public override ValueTask<ReceiveResult> ReceiveAsync() => Receiver.ReceiveAsync();

    public override void Advance(int consumed) => Receiver.Advance(consumed);

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data) => data.IsEmpty ? default : Sender.SendAsync(data);

    public override void ShutdownSend()
    {
        if (Loop.IsCurrent)
        {
            ShutdownNow();
        }
        else
        {
            Loop.Post(static connection => ((EpollConnection)connection!).ShutdownNow(), this);
        }
    }

    public override async ValueTask<bool> FlushToPeerAsync()
    {
        await Loop.Resume();
        return await AcknowledgementWait.RunAsync(this).ConfigureAwait(false);
    }

    public override void Abort()
    {
        _aborted = true;
        if (Loop.IsCurrent)
        {
            AbortNow();
        }
        else
        {
            Loop.Post(static connection => ((EpollConnection)connection!).AbortNow(), this);
        }
    }

    public override ValueTask DisposeAsync()
    {
        if (Loop.IsCurrent)
        {
            DisposeNow();
            return default;
        }

        var disposed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Loop.Post(static state =>
        {
            var (connection, disposed) = ((EpollConnection, TaskCompletionSource))state!;
            connection.DisposeNow();
            disposed.SetResult();
        }, (this, disposed));
        return new(disposed.Task);
    }

    internal override bool HasUnseenInput => Ask(LinuxPoll.In);

    internal override bool HasKnownInput => IsReadable;

    internal override bool HasUnseenRoom => Ask(LinuxPoll.Out);

    internal override void StartRelay(TransportConnection destination, IRelayObserver observer)
    {
        if (destination is not EpollConnection other || other.Loop != Loop)
        {
            base.StartRelay(destination, observer);
        }
        else if (Loop.IsCurrent)
        {
            new EpollRelay(this, other, observer).Start();
        }
        else
        {
            Loop.Post(static relay => ((EpollRelay)relay!).Start(), new EpollRelay(this, other, observer));
        }
    }

    /// <summary>Takes the bytes that were received and not consumed, for a relay. On the loop.</summary>
    public byte[]? TakeUnread(out int start, out int length)
    {
        (start, length) = (0, 0);
        return _receiver?.TakeUnread(out start, out length);
    }

    // An event of epoll may still be on its way to the loop, and the caller is about to rely on the answer.
    private bool AskPeerFinished()
    {
        lock (Loop.CloseLock)
        {
            if (_descriptor >= 0 && LinuxPoll.HasPeerFinished(_descriptor))
            {
                _peerFinished = true;
            }
        }

        return _peerFinished;
    }

    private bool Ask(short what)
    {
        lock (Loop.CloseLock)
        {
            return _descriptor >= 0 && LinuxPoll.Has(_descriptor, what);
        }
    }

    private unsafe EndPoint? AskLocalEndPoint()
    {
        Span<byte> address = stackalloc byte[NativeSocketAddress.MaximumLength];
        var length = address.Length;
        lock (Loop.CloseLock)
        {
            fixed (byte* pointer = address)
            {
                return _descriptor >= 0 && LinuxCalls.GetLocalAddress(_descriptor, pointer, ref length) == 0
                    ? NativeSocketAddress.Read(address[..Math.Min(length, address.Length)])
                    : null;
            }
        }
    }
}
