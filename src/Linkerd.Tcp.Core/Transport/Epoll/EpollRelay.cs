namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// Represents one direction of a copy between two connections of one loop. It receives into the loop's scratch buffer and sends at once, so an idle direction holds
/// no buffer; bytes that the destination does not take are copied to a rented buffer. A direction that is found to be bulk is spliced
/// (<see cref="BulkPipe"/>). On the loop.
/// </summary>
/// <remarks>
/// Small messages are staged: for the events of one wait, the loop first receives from all sources, then sends to all destinations. The kernel's code
/// for either is then still in the processor's cache.
/// </remarks>
internal sealed unsafe class EpollRelay : ILoopReader, ILoopWriter, ILoopWork
{
    // The number of bytes that one direction may move before other directions have their turn.
    private const int BytesPerTurn = 256 * 1024;

    // The largest number of bytes that is received into the stage at once.
    private const int MaxStaged = 4 * 1024;

    private readonly EpollConnection _source;
    private readonly EpollConnection _destination;
    private readonly IRelayObserver _observer;
    private byte[]? _rest;
    private int _restStart;
    private int _restLength;
    private bool _blocked;
    private int _stagedCount;
    private int _stagedAt;
    private bool _lastWasLarge;
    private bool _ended;
    private BulkPipe _bulk;

    public EpollRelay(EpollConnection source, EpollConnection destination, IRelayObserver observer)
    {
        _source = source;
        _destination = destination;
        _observer = observer;
        if (source.Layer is not null || destination.Layer is not null)
        {
            // The bytes on the sockets are not those of the copy.
            _bulk.Refuse();
        }
    }

    bool ILoopWork.IsQueued { get; set; }

    private EpollLoop Loop => _source.Loop;

    private int Window => Math.Min(_source.WindowSize, EpollLoop.MaxScratch);

    public void Start()
    {
        if (_source.IsClosed || _destination.IsClosed)
        {
            End(TransportStatus.Aborted, atDestination: _destination.IsClosed);
            return;
        }

        _source.SetReader(this);
        _destination.SetWriter(this);
        _rest = _source.TakeUnread(out _restStart, out _restLength);
        if (!TryStage())
        {
            Run();
        }
    }

    void ILoopReader.OnReadable()
    {
        if (!_blocked && !TryStage())
        {
            Run();
        }
    }

    void ILoopWriter.OnWritable()
    {
        if (_blocked)
        {
            Run();
        }
    }

    void ILoopReader.OnClosed() => End(TransportStatus.Aborted, atDestination: false);

    void ILoopWriter.OnClosed() => End(TransportStatus.Aborted, atDestination: true);

    /// <summary>Moves the available bytes, within the budget of a turn.</summary>
    public void Run()
    {
        if (_ended || _stagedCount > 0 || !TryFlush())
        {
            return;
        }

        var window = Window;
        fixed (byte* buffer = Loop.Scratch(window))
        {
            for (var budget = BytesPerTurn; budget > 0;)
            {
                if (_bulk.IsBulk)
                {
                    if (!TrySplice(ref budget))
                    {
                        return;
                    }

                    continue;
                }

                if (!_source.TryRead(buffer, window, out var count, out var end))
                {
                    return;
                }

                if (count == 0)
                {
                    End(end, atDestination: false);
                    return;
                }

                budget -= count;
                _observer.OnReceived(Loop.Now);
                var status = _destination.Send(buffer, count, out var sent);
                if (status != TransportStatus.Ok)
                {
                    End(status, atDestination: true);
                    return;
                }

                if (sent < count)
                {
                    KeepRest(new ReadOnlySpan<byte>(buffer + sent, count - sent));
                    return;
                }

                _lastWasLarge = count >= MaxStaged;
                _bulk.RecordCopied(count, window);
            }
        }

        Loop.EnqueueNextTurn(this);
    }

    /// <summary>Receives bytes, and delays the send.</summary>
    /// <returns>True if bytes were staged; false if they must be moved at once.</returns>
    private bool TryStage()
    {
        var length = Math.Min(MaxStaged, Window);
        if (_bulk.IsBulk || _lastWasLarge || _rest is not null || _stagedCount > 0 || !Loop.Stage.TryReserve(length, out var buffer, out var at))
        {
            return false;
        }

        if (!_source.TryRead(buffer, length, out var count, out var end))
        {
            return true;
        }

        if (count == 0)
        {
            End(end, atDestination: false);
            return true;
        }

        _observer.OnReceived(Loop.Now);
        _lastWasLarge = count == length;
        (_stagedAt, _stagedCount) = (at, count);
        Loop.Stage.Add(this, count);
        return true;
    }

    /// <summary>Sends the staged bytes.</summary>
    public void FlushStaged()
    {
        var staged = Loop.Stage.Pointer + _stagedAt;
        var count = _stagedCount;
        _stagedCount = 0;
        if (_ended)
        {
            return;
        }

        var status = _destination.Send(staged, count, out var sent);
        if (status != TransportStatus.Ok)
        {
            End(status, atDestination: true);
        }
        else if (sent < count)
        {
            KeepRest(new ReadOnlySpan<byte>(staged + sent, count - sent));
        }
        else if (_source.IsReadable)
        {
            Run();
        }
    }

    /// <summary>Moves the content of one pipe.</summary>
    /// <returns>True if there may be more to move now.</returns>
    private bool TrySplice(ref int budget)
    {
        if (_source.HasUrgent)
        {
            // A splice does not pass an urgent byte. The protocols that use urgent data are not bulk: telnet, rlogin, FTP.
            _bulk.Return(Loop);
            _bulk.Refuse();
            return true;
        }

        if (!_bulk.TryRent(Loop))
        {
            _bulk.Stop();
            return true;
        }

        if (!_source.IsReadable)
        {
            _bulk.Return(Loop);
            return false;
        }

        // A single stream may fill the pipe; if other connections wait, it takes a small turn.
        var moved = _bulk.MoveIn(_source, Loop.IsCrowded ? BytesPerTurn : int.MaxValue);
        if (moved <= 0)
        {
            var error = moved == 0 ? 0 : Errno.Last;
            _bulk.Return(Loop);
            return !IsEmptyAfter(error);
        }

        budget -= moved;
        _source.CountReceived(moved);
        _observer.OnReceived(Loop.Now);
        return TryFlush();
    }

    /// <summary>
    /// Handles a splice that brought no bytes. A splice does not pass an urgent byte, regardless of the data behind it: it returns EAGAIN there, or the end of the stream, or its reset (tcp_read_sock in
    /// Linux's tcp.c). A receive does pass it, and drops it. So an end that a splice reports is not used before a receive reports the same. An EAGAIN needs no receive: urgent
    /// data that came after the last wait is an event of its own.
    /// </summary>
    /// <param name="error">The error of the splice; 0 if it reported the end of the stream.</param>
    /// <returns>True if a receive finds no bytes now, either.</returns>
    private bool IsEmptyAfter(int error)
    {
        if (error == Errno.Again)
        {
            return !_source.TryEndRead(error, out _);
        }

        _bulk.Stop();
        if (error == Errno.InvalidArgument)
        {
            // Not every kind of socket supports splicing; this one is copied from.
            _bulk.Refuse();
        }
        else if (error != 0)
        {
            _source.RecordReadError(error);
        }

        return false;
    }

    private void KeepRest(ReadOnlySpan<byte> rest)
    {
        _rest = WindowPool.Of(Window).Rent();
        rest.CopyTo(_rest);
        (_restStart, _restLength) = (0, rest.Length);
        Block();
    }

    private void Block()
    {
        if (!_blocked)
        {
            _blocked = true;
            _observer.OnBlocked();
        }
    }

    /// <summary>Sends the bytes that the destination had not taken.</summary>
    /// <returns>True if none of them is left, and the direction continues.</returns>
    private bool TryFlush()
    {
        if (_rest is null && _bulk.Held == 0)
        {
            return true;
        }

        var before = _destination.BytesSent;
        var status = _rest is not null ? FlushRest() : FlushPipe();
        if (status != TransportStatus.Ok)
        {
            End(status, atDestination: true);
            return false;
        }

        if (_rest is not null || _bulk.Held > 0)
        {
            if (_destination.BytesSent > before)
            {
                _observer.OnSent(Loop.Now);
            }

            Block();
            return false;
        }

        if (_blocked)
        {
            _blocked = false;
            _observer.OnUnblocked(Loop.Now);
        }

        return true;
    }

    private TransportStatus FlushRest()
    {
        TransportStatus status;
        fixed (byte* rest = _rest)
        {
            status = _destination.Send(rest + _restStart, _restLength, out var sent);
            _restStart += sent;
            _restLength -= sent;
        }

        if (_restLength == 0 && status == TransportStatus.Ok)
        {
            ReturnRest();
            if (_bulk.Held > 0)
            {
                return FlushPipe();
            }
        }

        return status;
    }

    private TransportStatus FlushPipe()
    {
        var status = _bulk.MoveOut(_destination, out var isImpossible);
        if (isImpossible)
        {
            // The content of the pipe is handled like all bytes that the destination has not taken.
            _bulk.Refuse();
            _rest = _bulk.TakeOut();
            (_restStart, _restLength) = (0, _rest.Length);
            _bulk.Return(Loop);
            return FlushRest();
        }

        if (_bulk.Held == 0)
        {
            _bulk.Return(Loop);
        }

        return status;
    }

    private void ReturnRest()
    {
        if (_rest is { } rest)
        {
            _rest = null;
            WindowPool.Of(Window).Return(rest);
        }
    }

    private void End(TransportStatus status, bool atDestination)
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        _source.SetReader(null);
        _destination.SetWriter(null);
        ReturnRest();
        _bulk.Return(Loop);
        _observer.OnEnded(new(status, atDestination));
    }
}
