using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.TestUtilities.Simulation;

public sealed partial class SimulatedConnection
{
    private const byte PoisonByte = 0xDD;

    private readonly SimulatedOperation<ReceiveResult> _receiving;
    private readonly ByteQueue _unconsumed = new();
    private byte[]? _handedOut;
    private long _bytesReceived;
    private bool _isAdvanced = true;
    private bool _wantsMore;
    private bool _isReadingPaused;
    private bool _isGivenUp;

    private bool IsReceiveReady =>
        IsOurs || (!_isReadingPaused && ((_unconsumed.Count > 0 && !_wantsMore) || _socket.Available > 0 || _socket.IsFinReceived || IsReset));

    /// <summary>Receives stay pending from now on, as if the application did not read, so that the peer's window closes.</summary>
    public void PauseReading() => _isReadingPaused = true;

    /// <summary>Reads again.</summary>
    public void ResumeReading()
    {
        _isReadingPaused = false;
        OnChanged();
    }

    public override ValueTask<ReceiveResult> ReceiveAsync()
    {
        _scheduler.RequireCurrent();
        if (_receiving.IsPending)
        {
            throw _scheduler.Misuse("two receives at once.");
        }

        Poison();
        if (!IsReceiveReady)
        {
            return _receiving.Begin();
        }

        if (_host.Network.DrawCoin(Link.Options))
        {
            var later = _receiving.Begin();
            _receiving.CompleteSoon();
            return later;
        }

        return ValueTask.FromResult(HandOut());
    }

    internal override async ValueTask<ReceiveResult> ReceiveUntilAsync(CancellationToken giveUp)
    {
        var receiving = ReceiveAsync();
        using (giveUp.UnsafeRegister(static connection => ((SimulatedConnection)connection!).GiveUpReceive(), this))
        {
            return await receiving;
        }
    }

    public override void Advance(int consumed)
    {
        _scheduler.RequireCurrent();
        if (_isAdvanced || consumed < 0 || consumed > _unconsumed.Count)
        {
            throw _scheduler.Misuse($"advanced by {consumed} of {(_isAdvanced ? 0 : _unconsumed.Count)} bytes.");
        }

        _wantsMore = consumed == 0;
        _unconsumed.Discard(consumed);
        _isAdvanced = true;
        Poison();
    }

    private ReceiveResult HandOut()
    {
        if (IsOurs || _isGivenUp)
        {
            _wantsMore &= !_isGivenUp;
            _isGivenUp = false;
            return new ReceiveResult(TransportStatus.Aborted, default);
        }

        // Who looks without taking may see more than a window.
        var room = _wantsMore ? Tcp.WindowSize : Math.Max(0, Tcp.WindowSize - _unconsumed.Count);
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
        _scheduler.AtEndOfStep(Poison);
        return new ReceiveResult(TransportStatus.Ok, _handedOut);
    }

    private void GiveUpReceive()
    {
        if (_receiving is { IsPending: true, IsCompleted: false })
        {
            _isGivenUp = true;
            _receiving.CompleteSoon();
        }
    }

    // The memory is the engine's again: whoever still looks at it shall see that.
    private void Poison()
    {
        _handedOut.AsSpan().Fill(PoisonByte);
        _handedOut = null;
    }
}
