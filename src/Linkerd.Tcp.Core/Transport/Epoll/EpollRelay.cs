namespace Linkerd.Tcp.Transport.Epoll;

/// <summary>
/// One direction of a copy between two connections of one loop. Receives into the loop's scratch buffer and sends at once, so nothing is held while
/// there is nothing to hold; what the destination does not take is copied to a rented buffer. A direction that proves to be bulk is spliced
/// (<c>EpollRelay.Splice.cs</c>). On the loop.
/// </summary>
internal sealed unsafe partial class EpollRelay : ILoopReader, ILoopWriter, ILoopWork
{
    // The number of bytes that one direction may move before others have their turn.
    private const int BytesPerTurn = 256 * 1024;

    private readonly EpollConnection _source;
    private readonly EpollConnection _destination;
    private readonly IRelayObserver _observer;
    private byte[]? _rest;
    private int _restStart;
    private int _restLength;
    private bool _blocked;
    private bool _ended;

    public EpollRelay(EpollConnection source, EpollConnection destination, IRelayObserver observer)
    {
        _source = source;
        _destination = destination;
        _observer = observer;
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
                if (_isBulk)
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
                ConsiderBulk(count, window);
            }
        }

        Loop.EnqueueNextTurn(this);
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
    /// <returns>True if none of them is left, and the direction goes on.</returns>
    private bool TryFlush()
    {
        if (_rest is null && _inPipe == 0)
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

        if (_rest is not null || _inPipe > 0)
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
            if (_inPipe > 0)
            {
                return FlushPipe();
            }
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
        ReturnPipe();
        _observer.OnEnded(new(status, atDestination));
    }
}
