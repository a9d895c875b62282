using System.Net;

namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// Represents a connection on an event loop; calls from other threads are posted to the loop. The socket itself is accessed by the loop alone.
/// </summary>
/// <remarks>
/// FINs and closes are delayed to the end of the turn, when those of all connections are done together: then the kernel's code for them is in the processor's cache, and a
/// connection that is closed by then needs no call for its FIN.
/// </remarks>
internal sealed class EpollConnection : EpollSocket, ILoopWork, IDirectReceiver
{
    private static readonly TimeSpan LastFlushTimeout = TimeSpan.FromSeconds(10);

    private readonly int _windowSize;
    private bool _isClosing;
    private AcceptedAddress _address;
    private EndPoint? _remoteEndPoint;
    private EndPoint? _localEndPoint;
    private WheelTimer? _deadline;
    private EpollReceiver? _receiver;
    private EpollSender? _sender;

    public EpollConnection(EpollLoop loop, int descriptor, int family, EndPoint? remoteEndPoint, int windowSize)
        : base(loop, descriptor, SocketState.Writable | (family == NativeSocketAddress.Unix ? SocketState.IsUnix | SocketState.NoShortReads : 0))
    {
        _remoteEndPoint = remoteEndPoint;
        _windowSize = windowSize;
        loop.AddConnection();
    }

    bool ILoopWork.IsQueued { get; set; }

    public override EndPoint? LocalEndPoint => _localEndPoint ??= AskLocalEndPoint();

    public override EndPoint? RemoteEndPoint => _remoteEndPoint ??= NativeSocketAddress.Read(_address);

    public override TransportExecutor Executor => Loop;

    public override TransportTimer Deadline => _deadline ?? Interlocked.CompareExchange(ref _deadline, new ConnectionTimer(this), null) ?? _deadline;

    public override int UnreadBytes => _receiver?.UnreadBytes ?? 0;

    public override bool IsReset => _peerGone;

    public override bool HasPeerClosed => _peerFinished || _peerGone || AskPeerFinished();

    /// <summary>Gets the largest number of bytes that one direction of a copy holds.</summary>
    public int WindowSize => _windowSize;

    /// <summary>Gets the buffer into which accept writes the peer's address.</summary>
    public Span<byte> AddressBuffer => _address;

    private EpollReceiver Receiver => _receiver ??= new EpollReceiver(this, _windowSize);

    private EpollSender Sender => _sender ??= new EpollSender(this);

    public override ValueTask<ReceiveResult> ReceiveAsync() => Receiver.ReceiveAsync();

    protected internal override async ValueTask<ReceiveResult> ReceiveUntilAsync(CancellationToken giveUp)
    {
        var receiving = Receiver.ReceiveAsync();
        using (receiving.IsCompleted ? default : giveUp.UnsafeRegister(static end => ((EpollReceiver.WaitEnd)end!).Run(), Receiver.EndOfWait()))
        {
            return await receiving.ConfigureAwait(false);
        }
    }

    public override void Advance(int consumed) => Receiver.Advance(consumed);

    ValueTask<ReceiveResult> IDirectReceiver.WaitAsync() => Receiver.WaitAsync();

    bool IDirectReceiver.TryReceive(Span<byte> buffer, out int count, out TransportStatus end) => Receiver.TryReceive(buffer, out count, out end);

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data) => data.IsEmpty ? default : Sender.SendAsync(data);

    public override void ShutdownSend() => OnLoop(static connection => ((EpollConnection)connection!).ShutdownNow());

    public override async ValueTask<bool> FlushToPeerAsync()
    {
        await Loop.Resume();
        return await AcknowledgementWait.RunAsync(this).ConfigureAwait(false);
    }

    public override void Abort()
    {
        _aborted = true;
        OnLoop(static connection => ((EpollConnection)connection!).AbortNow());
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

    internal override bool HasTruncatedEnd => _layer is not null;

    internal override bool WasTruncated => _layer is { WasTruncated: true };

    internal override bool TryShutdownTruncated()
    {
        if (_layer is null)
        {
            return false;
        }

        OnLoop(static connection => ((EpollConnection)connection!).ShutdownNow(isTruncated: true));
        return true;
    }

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

    private void OnLoop(Action<object?> action)
    {
        if (Loop.IsCurrent)
        {
            action(this);
        }
        else
        {
            Loop.Post(action, this);
        }
    }

    // Asks the kernel: an event of epoll may not have reached the loop yet, and the caller is about to rely on the answer.
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

    /// <summary>Sends a delayed FIN. Called at the end of a turn, and before acknowledgements are queried.</summary>
    public void SendDeferredFin()
    {
        if ((_state & SocketState.FinDeferred) != 0 && !HasLayerOutput)
        {
            _state &= ~SocketState.FinDeferred;
            SendFin();
        }
    }

    /// <summary>
    /// Puts a layer over the socket, with the counts of its user. Nothing that was received before is unread, and neither a receive nor a send is pending. On the loop. What served those before is
    /// dropped, with the last continuation that it has resumed: a copy between two connections of one loop goes without.
    /// </summary>
    public void PutLayer(ConnectionLayer layer)
    {
        _receiver?.Release();
        (_receiver, _sender) = (null, null);
        SetLayer(layer);
    }

    /// <inheritdoc/>
    public override void FlushLayerLater() => Loop.Enqueue(this);

    void ILoopWork.Run()
    {
        _layer?.Flush();
        SendDeferredFin();
        if (_descriptor < 0)
        {
            _reader?.OnClosed();
            _writer?.OnClosed();
        }
    }

    /// <inheritdoc/>
    public override void ReadLater() => Loop.Post(
        static state =>
        {
            var connection = (EpollConnection)state!;
            if (!connection.IsClosed)
            {
                connection._reader?.OnReadable();
            }
        },
        this);

    private protected override void FlushLayer()
    {
        _layer!.Flush();
        if (HasLayerOutput)
        {
            return;
        }

        if (_isClosing)
        {
            CloseInOrder();
        }
        else if ((_state & SocketState.FinDeferred) != 0)
        {
            Loop.Enqueue(this);
        }
    }

    private void ShutdownNow(bool isTruncated = false)
    {
        if ((_state & SocketState.SendShutdown) != 0)
        {
            return;
        }

        _state |= SocketState.SendShutdown;
        if (!isTruncated && _descriptor >= 0)
        {
            _layer?.EndSend();
        }

        if (IsUnix && !HasLayerOutput)
        {
            SendFin();
        }
        else
        {
            // Delayed to the end of the turn: by then the connection may be closed, which sends the FIN as well.
            _state |= SocketState.FinDeferred;
            Loop.Enqueue(this);
        }
    }

    private void SendFin()
    {
        if (_descriptor >= 0 && LinuxCalls.Shutdown(_descriptor, 1) != 0)
        {
            // The connection is already lost; a receive, or PeerGone, reports it.
            _peerGone = true;
        }
    }

    private void AbortNow()
    {
        if (_descriptor < 0)
        {
            return;
        }

        if (!IsUnix)
        {
            SocketOptions.ResetOnClose(_descriptor);
        }

        _ = LinuxCalls.Close(Detach());

        // Deferred, as the caller of the abort may be in the middle of an operation.
        if (_reader is not null || _writer is not null)
        {
            Loop.Enqueue(this);
        }
    }

    /// <summary>Closes the connection. On the loop.</summary>
    public void DisposeNow() => DisposeNow(LastFlushTimeout);

    /// <summary>Disposes the connection. On the loop.</summary>
    /// <param name="lastFlushTimeout">The time that the peer has to take what is left of the layer's output.</param>
    internal void DisposeNow(TimeSpan lastFlushTimeout)
    {
        if (_isClosing)
        {
            return;
        }

        if (_aborted)
        {
            // An abort by another thread may still be on its way to the loop; closing would send a FIN instead.
            AbortNow();
        }
        else
        {
            _aborted = true;
            _layer?.Flush();
            if (HasLayerOutput && (_state & SocketState.SendShutdown) != 0)
            {
                CloseWhenFlushed(lastFlushTimeout);
            }
            else
            {
                CloseInOrder();
            }
        }

        _deadline?.Close();
        _receiver?.Release();
    }

    // The end of the layer's stream must not be lost. The kernel would send it for as long, or longer, after a close.
    private void CloseWhenFlushed(TimeSpan timeout)
    {
        _isClosing = true;
        Loop.PostAfter(
            timeout,
            static state =>
            {
                var connection = (EpollConnection)state!;
                if (!connection.IsClosed)
                {
                    connection.CloseInOrder();
                }
            },
            this);
    }

    // Closing sends a delayed FIN if there is nothing left to read; otherwise closing would reset the connection.
    private void CloseInOrder()
    {
        if (!HasReadEnded)
        {
            SendDeferredFin();
        }

        Loop.CloseLater(Detach());
    }

    private int Detach()
    {
        var descriptor = _descriptor;
        Loop.Forget(descriptor);
        lock (Loop.CloseLock)
        {
            _descriptor = -1;
        }

        _layer?.Close();
        Loop.RemoveConnection();
        _connector?.OnClosed();
        return descriptor;
    }
}
