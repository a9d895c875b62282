using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.TestUtilities.Simulation;

public sealed partial class SimulatedConnection
{
    private readonly SimulatedOperation<TransportStatus> _sending;
    private ReadOnlyMemory<byte> _unsent;
    private TransportStatus _sendResult;
    private long _bytesSent;
    private bool _isShutDown;
    private bool _continuesSoon;

    private TransportStatus SendStatus => IsOurs ? TransportStatus.Aborted : _socket.Error;

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        _scheduler.RequireCurrent();
        if (_sending.IsPending)
        {
            throw _scheduler.Misuse("two sends at once.");
        }

        if (_isShutDown)
        {
            throw _scheduler.Misuse("a send after ShutdownSend.");
        }

        if (SendStatus != TransportStatus.Ok || data.IsEmpty)
        {
            return ValueTask.FromResult(SendStatus);
        }

        var taken = Write(data.Span);
        if (taken == data.Length && !_host.Network.DrawCoin(Link.Options))
        {
            return ValueTask.FromResult(TransportStatus.Ok);
        }

        _unsent = data[taken..].ToArray();
        var sending = _sending.Begin();
        if (_unsent.IsEmpty || _socket.IsWritable)
        {
            ContinueSendSoon();
        }

        return sending;
    }

    public override void ShutdownSend()
    {
        _scheduler.RequireCurrent();
        if (_sending.IsPending && !IsOurs)
        {
            throw _scheduler.Misuse("ShutdownSend while a send is pending.");
        }

        if (!_isShutDown && !IsOurs)
        {
            _isShutDown = true;
            _socket.Shutdown();
        }
    }

    private int Write(ReadOnlySpan<byte> data)
    {
        var taken = _socket.Write(data);
        Volatile.Write(ref _bytesSent, _bytesSent + taken);
        return taken;
    }

    private void ContinueSendSoon()
    {
        if (!_continuesSoon)
        {
            _continuesSoon = true;
            _scheduler.Post(static connection => ((SimulatedConnection)connection!).ContinueSend(), this);
        }
    }

    private void ContinueSend()
    {
        _continuesSoon = false;
        if (!_sending.IsPending)
        {
            return;
        }

        if (!_unsent.IsEmpty && SendStatus != TransportStatus.Ok)
        {
            _unsent = default;
            FinishSend(SendStatus);
            return;
        }

        _unsent = _unsent[Write(_unsent.Span)..];
        if (_unsent.IsEmpty)
        {
            FinishSend(TransportStatus.Ok);
        }
        else if (_socket.IsWritable)
        {
            ContinueSendSoon();
        }
    }

    private void FinishSend(TransportStatus status)
    {
        if (!_sending.IsCompleted)
        {
            _sendResult = status;
            _sending.CompleteSoon();
        }
    }
}
