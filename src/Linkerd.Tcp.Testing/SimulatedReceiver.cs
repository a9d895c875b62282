using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>The receiving half of a simulated connection: hands out what has arrived, and keeps what was not consumed.</summary>
internal sealed class SimulatedReceiver
{
    private const byte PoisonByte = 0xDD;

    private readonly SimulatedConnection _connection;
    private readonly SimulatedSocket _socket;
    private readonly SimulatedNetwork _network;
    private readonly SimulatedOperation<ReceiveResult> _receiving;
    private readonly ByteQueue _unconsumed = new();
    private byte[]? _handedOut;
    private long _bytesReceived;
    private bool _isAdvanced = true;
    private bool _wantsMore;
    private bool _isPaused;
    private bool _isGivenUp;

    public SimulatedReceiver(SimulatedConnection connection, SimulatedSocket socket, SimulatedNetwork network)
    {
        _connection = connection;
        _socket = socket;
        _network = network;
        _receiving = new SimulatedOperation<ReceiveResult>(network.Scheduler, HandOut);
    }

    public bool IsPending => _receiving.IsPending;

    public int UnreadBytes => _unconsumed.Count;

    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    private bool IsReady =>
        _connection.IsOurs || (!_isPaused && ((_unconsumed.Count > 0 && !_wantsMore) || _socket.Available > 0 || _socket.IsFinReceived || _connection.IsReset));

    public ValueTask<ReceiveResult> ReceiveAsync()
    {
        if (_receiving.IsPending)
        {
            throw _network.Scheduler.Misuse("two receives at once.");
        }

        Poison();
        if (!IsReady)
        {
            return _receiving.Begin();
        }

        if (_network.DrawCoin(_connection.Link.Options))
        {
            var later = _receiving.Begin();
            _receiving.CompleteSoon();
            return later;
        }

        return ValueTask.FromResult(HandOut());
    }

    public void Advance(int consumed)
    {
        if (_isAdvanced || consumed < 0 || consumed > _unconsumed.Count)
        {
            throw _network.Scheduler.Misuse($"advanced by {consumed} of {(_isAdvanced ? 0 : _unconsumed.Count)} bytes.");
        }

        _wantsMore = consumed == 0;
        _unconsumed.Discard(consumed);
        _isAdvanced = true;
        Poison();
    }

    /// <summary>Ends a pending receive; the connection goes on.</summary>
    public void GiveUp()
    {
        if (_receiving is { IsPending: true, IsCompleted: false })
        {
            _isGivenUp = true;
            _receiving.CompleteSoon();
        }
    }

    public void Pause() => _isPaused = true;

    public void Resume() => _isPaused = false;

    /// <summary>Completes a receive if it can be completed now.</summary>
    public void OnChanged()
    {
        if (IsReady)
        {
            _receiving.CompleteSoon();
        }
    }

    // The memory is the engine's again: whoever still looks at it shall see that.
    public void Poison()
    {
        _handedOut.AsSpan().Fill(PoisonByte);
        _handedOut = null;
    }

    private ReceiveResult HandOut()
    {
        if (_connection.IsOurs || _isGivenUp)
        {
            _wantsMore &= !_isGivenUp;
            _isGivenUp = false;
            return new ReceiveResult(TransportStatus.Aborted, default);
        }

        // Who looks without taking may see more than a window.
        var window = _connection.Tcp.WindowSize;
        var room = _wantsMore ? window : Math.Max(0, window - _unconsumed.Count);
        var fresh = new byte[Math.Min(room, _socket.Available)];
        var read = _socket.Read(fresh);
        Volatile.Write(ref _bytesReceived, _bytesReceived + read);
        _unconsumed.Append(fresh.AsSpan(0, read));
        if (_unconsumed.Count == 0 || (read == 0 && _wantsMore))
        {
            _wantsMore = false;
            return _socket.IsFinReceived ? ReceiveResult.Fin : new ReceiveResult(_socket.Error, default);
        }

        _handedOut = _unconsumed.Peek(0, _unconsumed.Count).ToArray();
        _isAdvanced = false;
        _wantsMore = false;
        if (_network.PoisonsAtOnce)
        {
            _network.Scheduler.AtEndOfStep(Poison);
        }

        return new ReceiveResult(TransportStatus.Ok, _handedOut);
    }
}
