namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// Represents the socket of a connection, for the loop's thread. Registered once, edge-triggered, for all events. The state keeps the result of the events, and each
/// operation with another result corrects it.
/// </summary>
internal abstract unsafe class EpollSocket : TransportConnection, IEpollHandler, ILayerSocket
{
    private const uint Interest = EpollEvents.In | EpollEvents.Out | EpollEvents.PeerShutdown | EpollEvents.Urgent | EpollEvents.EdgeTriggered;

    private protected volatile bool _aborted;
    private protected volatile bool _peerGone;
    private protected volatile bool _peerFinished;
    private protected int _descriptor;
    private protected SocketState _state;
    private protected EpollConnector? _connector;
    private protected ILoopReader? _reader;
    private protected ILoopWriter? _writer;
    private protected ConnectionLayer? _layer;
    private TransportStatus _readEnd;
    private long _bytesReceived;
    private long _bytesSent;

    private protected EpollSocket(EpollLoop loop, int descriptor, SocketState state) => (Loop, _descriptor, _state) = (loop, descriptor, state);

    public EpollLoop Loop { get; }

    public override long BytesReceived => Volatile.Read(ref _bytesReceived);

    public override long BytesSent => Volatile.Read(ref _bytesSent);

    public uint Generation { get; set; }

    /// <summary>Gets the descriptor; negative once it is closed.</summary>
    public int Descriptor => _descriptor;

    public bool IsClosed => _descriptor < 0;

    public bool IsUnix => (_state & SocketState.IsUnix) != 0;

    public bool IsReadable => (_state & SocketState.Readable) != 0 || _layer is { HasInput: true };

    /// <summary>Gets the layer over the socket; null if there is none.</summary>
    public ConnectionLayer? Layer => _layer;

    /// <summary>Gets a value that indicates whether a layer has bytes that the socket has not taken.</summary>
    public bool HasLayerOutput => _layer is { HasOutput: true };

    /// <summary>Gets a value that indicates whether urgent data has ever been received.</summary>
    public bool HasUrgent => (_state & SocketState.Urgent) != 0;

    /// <summary>Gets a value that indicates whether the end of the stream was read.</summary>
    public bool HasReadEnded => (_state & SocketState.ReadEnded) != 0;

    /// <summary>Registers the socket with epoll.</summary>
    /// <returns>The error; 0 if none.</returns>
    public int Register(EpollConnector? connector = null)
    {
        _connector = connector;
        return Loop.Register(_descriptor, this, Interest);
    }

    /// <summary>Called when the connector has its result; the state of its last event applies to the connection.</summary>
    public void Established(uint events)
    {
        _connector = null;
        Note(events);
    }

    public void SetReader(ILoopReader? reader) => _reader = reader;

    public void SetWriter(ILoopWriter? writer) => _writer = writer;

    public void OnEvents(uint events)
    {
        if (_connector is { } connector)
        {
            connector.OnEvents(events);
            return;
        }

        Note(events);
        if ((_state & SocketState.Writable) != 0 && HasLayerOutput)
        {
            FlushLayer();
        }

        if ((_state & SocketState.Readable) != 0)
        {
            _reader?.OnReadable();
        }

        if ((_state & SocketState.Writable) != 0)
        {
            _writer?.OnWritable();
        }
    }

    /// <summary>Sends what a layer has for the socket.</summary>
    private protected abstract void FlushLayer();

    /// <inheritdoc/>
    public abstract void ReadLater();

    /// <inheritdoc/>
    public abstract void FlushLayerLater();

    /// <summary>Receives bytes.</summary>
    /// <returns>True if there is a result: bytes, or the end if there are none.</returns>
    public bool TryRead(byte* buffer, int length, out int count, out TransportStatus end)
    {
        if (_layer is null || _descriptor < 0 || HasReadEnded)
        {
            if (!TryReadSocket(buffer, length, out count, out end))
            {
                return false;
            }

            CountReceived(count);
            return true;
        }

        return _layer.TryRead(buffer, length, out count, out end);
    }

    /// <inheritdoc/>
    public bool TryReadSocket(byte* buffer, int length, out int count, out TransportStatus end)
    {
        (count, end) = (0, TransportStatus.Ok);
        if (_descriptor < 0)
        {
            end = TransportStatus.Aborted;
            return true;
        }

        if ((_state & (SocketState.ReadEnded | SocketState.FinIsNext)) != 0)
        {
            end = EndRead(HasReadEnded ? _readEnd : TransportStatus.Ok);
            return true;
        }

        if ((_state & SocketState.Readable) == 0)
        {
            return false;
        }

        var received = LinuxCalls.Receive(_descriptor, buffer, length, 0);
        while (received < 0 && (Errno.Last == Errno.Interrupted || (Errno.Last == Errno.Again && IsMisled())))
        {
            received = LinuxCalls.Receive(_descriptor, buffer, length, 0);
        }

        if (received > 0)
        {
            count = (int)received;
            if (count < length)
            {
                RecordShortRead();
            }

            return true;
        }

        return received == 0 ? TryEndRead(0, out end) : TryEndRead(Errno.Last, out end);
    }

    /// <summary>Records a receive that brought no bytes.</summary>
    /// <param name="error">The error; 0 if the receive returned the end of the stream.</param>
    /// <param name="end">The end of the stream.</param>
    /// <returns>True if the stream has ended.</returns>
    public bool TryEndRead(int error, out TransportStatus end)
    {
        if (error == Errno.Again)
        {
            _state &= ~SocketState.Readable;
            end = TransportStatus.Ok;
            return false;
        }

        end = EndRead(
            error != 0 ? Classify(error)
            : _readEnd != TransportStatus.Ok ? _readEnd
            : (_state & SocketState.Broken) != 0 || HasLostReset() ? TransportStatus.Reset
            : TransportStatus.Ok);
        return true;
    }

    /// <summary>Records an error that the kernel reports once, perhaps before all bytes were read: the stream ends with it after the last byte.</summary>
    public void RecordReadError(int error) => _readEnd = Classify(error);

    /// <summary>Sends as many bytes as the kernel takes.</summary>
    public TransportStatus Send(byte* data, int length, out int sent)
    {
        if (_layer is not null && _descriptor >= 0)
        {
            return _layer.Send(data, length, out sent);
        }

        var status = SendSocket(data, length, out sent);
        CountSent(sent);
        return status;
    }

    /// <inheritdoc/>
    public TransportStatus SendSocket(byte* data, int length, out int sent, bool isLast = false)
    {
        sent = 0;
        if (_descriptor < 0)
        {
            return TransportStatus.Aborted;
        }

        var flags = isLast ? LinuxCalls.NoSignal | LinuxCalls.More : LinuxCalls.NoSignal;
        var taken = LinuxCalls.Send(_descriptor, data, length, flags);
        while (taken < 0 && Errno.Last == Errno.Interrupted)
        {
            taken = LinuxCalls.Send(_descriptor, data, length, flags);
        }

        if (taken < 0)
        {
            return FailSend(Errno.Last);
        }

        sent = (int)taken;
        if (sent < length)
        {
            _state &= ~SocketState.Writable;
        }

        return TransportStatus.Ok;
    }

    /// <summary>Records a send that took no bytes.</summary>
    public TransportStatus FailSend(int error)
    {
        if (error == Errno.Again)
        {
            _state &= ~SocketState.Writable;
            return TransportStatus.Ok;
        }

        return Classify(error);
    }

    /// <summary>Records a splice to the socket.</summary>
    /// <param name="moved">The number of bytes that it took.</param>
    /// <param name="asked">The number of bytes that were available.</param>
    public void RecordSpliced(int moved, int asked)
    {
        CountSent(moved);
        _state = moved < asked ? _state | SocketState.SpliceCut : _state & ~SocketState.SpliceCut;
    }

    public void CountReceived(int count) => Volatile.Write(ref _bytesReceived, _bytesReceived + count);

    public void CountSent(int count) => Volatile.Write(ref _bytesSent, _bytesSent + count);

    private protected void SetLayer(ConnectionLayer layer)
    {
        _layer = layer;
        Volatile.Write(ref _bytesReceived, 0);
        Volatile.Write(ref _bytesSent, 0);
    }

    private void Note(uint events)
    {
        const uint Rare = EpollEvents.PeerShutdown | EpollEvents.Error | EpollEvents.HangUp | EpollEvents.Urgent;
        if ((events & Rare) != 0)
        {
            _state |= SocketState.Readable;
            RecordRare(events);
        }

        if ((events & EpollEvents.In) != 0)
        {
            _state |= SocketState.Readable;
        }

        if ((events & (EpollEvents.Out | EpollEvents.Error | EpollEvents.HangUp)) != 0)
        {
            _state |= SocketState.Writable;
        }
    }

    private void RecordRare(uint events)
    {
        if ((events & (EpollEvents.PeerShutdown | EpollEvents.HangUp | EpollEvents.Error)) != 0)
        {
            _peerFinished = true;
        }

        if ((events & EpollEvents.PeerShutdown) != 0)
        {
            _state |= SocketState.PeerShutdown;
        }

        if ((events & EpollEvents.Urgent) != 0)
        {
            _state |= SocketState.Urgent | SocketState.NoShortReads;
        }

        // The kernel also reports a hang-up for a socket that both sides have closed in order, which includes our FIN, and for a Unix-domain socket when its peer closes.
        if ((events & EpollEvents.HangUp) != 0)
        {
            _state |= SocketState.HungUp;
            _peerGone |= (_state & (SocketState.SendShutdown | SocketState.IsUnix)) == 0;
        }

        if ((events & EpollEvents.Error) != 0)
        {
            _state |= SocketState.Failed;
            _peerGone = true;
        }
    }

    // Before an urgent byte, a receive that finds a signal pending returns EAGAIN regardless of the data behind that byte (tcp_recvmsg in Linux's tcp.c); poll reports the data.
    private bool IsMisled() => HasUrgent && !IsUnix && LinuxPoll.Has(_descriptor, LinuxPoll.In);

    // A splice sends in several steps; a reset that one of them meets is not reported if a step before it took bytes (splice_to_socket in Linux's
    // splice.c). What follows returns EPIPE, and a receive returns 0, as after a FIN. A connection that is over although we have sent no FIN was reset, though; and
    // if it was reset before its FIN, the kernel has not counted one (tcp_rcv_nxt_update in tcp_input.c counts what the sequence numbers span).
    private bool HasLostReset()
    {
        const SocketState Doubtful = SocketState.SpliceCut | SocketState.SendShutdown | SocketState.IsUnix;
        return (_state & Doubtful) == SocketState.SpliceCut && LinuxPoll.IsHungUp(_descriptor) && SocketOptions.CountReceived(_descriptor) <= _bytesReceived;
    }

    // The kernel had no more, and epoll reports the next bytes: trying again before would only return EAGAIN.
    private void RecordShortRead()
    {
        if ((_state & (SocketState.NoShortReads | SocketState.Failed | SocketState.HungUp)) != 0)
        {
            return;
        }

        _state = (_state & SocketState.PeerShutdown) != 0 ? _state | SocketState.FinIsNext : _state & ~SocketState.Readable;
    }

    /// <inheritdoc/>
    public TransportStatus EndRead(TransportStatus status)
    {
        _state |= SocketState.ReadEnded;
        _readEnd = status;
        _peerFinished = true;
        _peerGone |= status == TransportStatus.Reset;
        return status;
    }

    // The kernel reports a reset once, to the operation that comes first; the other one then reads what looks like a FIN. Only EPIPE
    // leaves the stream whole: it is the error for a reset after a FIN (tcp_reset in Linux's tcp_input.c).
    private TransportStatus Classify(int error)
    {
        if (_aborted)
        {
            return TransportStatus.Aborted;
        }

        if (error != Errno.BrokenPipe)
        {
            _state |= SocketState.Broken;
        }

        _peerGone = true;
        return Errno.ToStatus(error);
    }
}
