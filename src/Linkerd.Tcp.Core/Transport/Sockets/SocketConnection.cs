using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.Transport.Sockets;

/// <summary>A connection over a <see cref="Socket"/>: a receiver, a sender and their common state.</summary>
internal sealed class SocketConnection : TransportConnection
{
    private static readonly LingerOption ResetOnClose = new(enable: true, seconds: 0);
    private static readonly TimeSpan FirstAcknowledgementPoll = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LastAcknowledgementPoll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BlindAcknowledgementWait = TimeSpan.FromSeconds(1);

    private readonly SocketsTransport _transport;
    private readonly SocketReceiver _receiver;
    private readonly SocketSender _sender;
    private ProviderTimer? _deadline;
    private EndPoint? _remoteEndPoint;
    private EndPoint? _localEndPoint;
    private volatile bool _aborted;
    private volatile bool _isSendShutdown;
    private readonly Lock _errorLock = new();
    private volatile bool _peerGone;
    private volatile bool _peerFinished;
    private volatile bool _broken;
    private volatile bool _mayBeBroken;
    private int _closed;

    public SocketConnection(SocketsTransport transport, Socket socket, EndPoint? remoteEndPoint, int windowSize)
    {
        _transport = transport;
        Socket = socket;
        _remoteEndPoint = remoteEndPoint;
        _receiver = new SocketReceiver(this, windowSize);
        _sender = new SocketSender(this);
    }

    public override EndPoint? LocalEndPoint => _localEndPoint ??= Ask(static socket => socket.LocalEndPoint);

    public override EndPoint? RemoteEndPoint => _remoteEndPoint ??= Ask(static socket => socket.RemoteEndPoint);

    public override TransportExecutor Executor => _transport.Executor;

    public override TransportTimer Deadline => _deadline ?? Interlocked.CompareExchange(ref _deadline, new ProviderTimer(_transport.Executor, this), null) ?? _deadline;

    public override long BytesReceived => _receiver.TotalBytes;

    public override int UnreadBytes => _receiver.UnreadBytes;

    public override long BytesSent => _sender.TotalBytes;

    public override bool IsReset => _peerGone || HasReset();

    public override bool HasPeerClosed => _peerFinished || _peerGone || AskPeerFinished();

    internal Socket Socket { get; }

    /// <summary>True if no other code has received from the socket before.</summary>
    internal bool IsOurs { get; init; }

    /// <summary>True after we ended it; errors of operations are our own doing from then on.</summary>
    internal bool IsAborted => _aborted;

    internal bool IsSendShutdown => _isSendShutdown;

    public override ValueTask<ReceiveResult> ReceiveAsync() => _receiver.ReceiveAsync();

    protected internal override ValueTask<ReceiveResult> ReceiveUntilAsync(CancellationToken giveUp) => _receiver.ReceiveUntilAsync(giveUp);

    internal override ReceiveResult Receive()
    {
        _receiver.Block();
        return base.Receive();
    }

    public override void Advance(int consumed) => _receiver.Advance(consumed);

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data) => _sender.SendAsync(data, source: null);

    internal override TransportStatus Send(ReadOnlySpan<byte> data) => _sender.Send(data);

    internal override ValueTask<TransportStatus> SendFromAsync(TransportConnection source, ReadOnlyMemory<byte> received) =>
        source is SocketConnection connection ? _sender.SendAsync(received, connection._receiver) : base.SendFromAsync(source, received);

    public override void ShutdownSend()
    {
        if (IsSendShutdown)
        {
            return;
        }

        _isSendShutdown = true;
        try
        {
            Socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The connection is gone already; a receive, or PeerGone, reports it.
            _peerGone |= error is SocketException;
        }
    }

    internal override bool HasUnseenInput => SocketPeer.Has(Socket, SelectMode.SelectRead);

    internal override bool HasUnseenRoom => SocketPeer.Has(Socket, SelectMode.SelectWrite);

    public override async ValueTask<bool> FlushToPeerAsync()
    {
        var clock = Executor.TimeProvider;
        for (var poll = FirstAcknowledgementPoll; ; poll = poll * 2 < LastAcknowledgementPoll ? poll * 2 : LastAcknowledgementPoll)
        {
            int unacknowledged;
            try
            {
                // In this order: a connection that died in between still shows in the second.
                unacknowledged = LinuxSocket.Unacknowledged(Socket);
                if (_aborted || IsReset)
                {
                    return unacknowledged == 0 && !_aborted && !_peerGone;
                }
            }
            catch (ObjectDisposedException)
            {
                return false;
            }

            if (unacknowledged < 0)
            {
                await Task.Delay(BlindAcknowledgementWait, clock).ConfigureAwait(false);
                return !_aborted && !_peerGone;
            }

            if (unacknowledged == 0)
            {
                return true;
            }

            await Task.Delay(poll, clock).ConfigureAwait(false);
        }
    }

    public override void Abort()
    {
        _aborted = true;
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            KeepAddress();
            try
            {
                Socket.LingerState = ResetOnClose;
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // A connection that is gone cannot be reset any more; it only remains to close it.
                _peerGone |= error is SocketException;
            }

            Socket.Dispose();
        }
    }

    // The receiver keeps its buffer until the pending operation has ended.
    internal override bool ClosesWhileReceiving => true;

    public override ValueTask DisposeAsync()
    {
        _aborted = true;
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            KeepAddress();
            Socket.Dispose();
        }

        _deadline?.Dispose();
        _receiver.Release();
        _sender.Release();
        return default;
    }

    /// <summary>Classifies the error of an operation.</summary>
    internal TransportStatus Classify(SocketError error)
    {
        if (_aborted)
        {
            return TransportStatus.Aborted;
        }

        // The kernel reports a reset once, to the operation that comes first; the other one then reads what looks like a FIN. Only EPIPE
        // leaves the stream whole: it is the error for a reset after a FIN (tcp_reset in Linux's tcp_input.c).
        _broken |= error != SocketError.Shutdown;
        _peerGone = true;
        return SocketErrors.ToStatus(error);
    }

    /// <summary>
    /// Notes that a send was cut short: by the kernel's full buffer, or by the end of the connection. The reason of that end may be reported to no operation, and a stream that
    /// was cut must not look whole.
    /// </summary>
    internal void RecordLostReset() => _mayBeBroken |= !IsSendShutdown && IsDead();

    /// <summary>
    /// Returns true if an end of the stream is a FIN. It is not if a send has met a reset. If the connection is dead and a send is under way,
    /// that send may be about to report it; then it counts as reset, unless the kernel has counted a FIN. After our own FIN nothing is sent, and the question does
    /// not come up.
    /// </summary>
    internal bool IsFin()
    {
        // In this order: a send notes its error before it is marked as done, and a connection that both FINs have ended had ours before.
        var sending = _sender.IsBusy;
        lock (_errorLock)
        {
            return !_broken && ((!_mayBeBroken && (!sending || !IsDead() || IsSendShutdown)) || HasCountedFin());
        }
    }

    // The kernel counts a FIN as a byte. Only for connections that were made here: from others, bytes may have been received before.
    private bool HasCountedFin()
    {
        try
        {
            return IsOurs && LinuxSocket.CountReceived(Socket) > _receiver.TotalBytes;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Notes that a receive returned the end of the stream.</summary>
    internal void RecordPeerFinished() => _peerFinished = true;

    // A connection that both sides have closed in order is dead, too. That takes our FIN: before it, dead is reset. After it the kernel's error
    // distinguishes the two; reading it takes it away from the receive, so it is noted before a receive can judge the end that it then reads.
    private bool HasReset()
    {
        var dead = IsDead();
        if (!dead || !IsSendShutdown)
        {
            return dead;
        }

        lock (_errorLock)
        {
            if (LinuxSocket.TakeError(Socket) is var error and not SocketError.Success)
            {
                Classify(error);
            }

            return _peerGone;
        }
    }

    private bool AskPeerFinished()
    {
        lock (_errorLock)
        {
            if (!_aborted && SocketPeer.HasFinished(Socket, out var error) && !_aborted)
            {
                _peerFinished = true;
                if (error != SocketError.Success)
                {
                    Classify(error);
                }
            }
        }

        return _peerFinished;
    }

    private bool IsDead()
    {
        try
        {
            return LinuxSocket.IsDead(Socket);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return _aborted;
        }
    }

    // The address is logged at the end, when the socket no longer has it. Accepting has returned it already, so this is no system call.
    private void KeepAddress() => _ = RemoteEndPoint;

    private EndPoint? Ask(Func<Socket, EndPoint?> question)
    {
        try
        {
            // A client of IPv4 that came to a socket of IPv6 appears as IPv4.
            var answer = question(Socket);
            return answer is IPEndPoint { Address.IsIPv4MappedToIPv6: true } ip ? new IPEndPoint(ip.Address.MapToIPv4(), ip.Port) : answer;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }
}
