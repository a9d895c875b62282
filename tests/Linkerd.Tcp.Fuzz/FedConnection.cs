using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Fuzz;

/// <summary>A connection whose peer has said everything already: bytes, in pieces, and then an end. What is sent is counted.</summary>
internal sealed class FedConnection(TransportExecutor executor, byte[] bytes, int piece, TransportStatus end) : TransportConnection
{
    private int _consumed;
    private int _shown;
    private bool _isAborted;
    private bool _isDisposed;

    /// <summary>Called before each send.</summary>
    public event Action? Sending;

    public bool IsFinSent { get; private set; }

    public override EndPoint? LocalEndPoint => null;

    public override EndPoint? RemoteEndPoint => null;

    public override TransportExecutor Executor => executor;

    public override TransportTimer Deadline => throw new NotSupportedException();

    public override long BytesReceived => _consumed;

    public override int UnreadBytes => _shown;

    public override long BytesSent => Sent;

    public long Sent { get; private set; }

    public override bool IsReset => false;

    public override bool HasPeerClosed => false;

    public override ValueTask<ReceiveResult> ReceiveAsync()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (_isAborted)
        {
            return new(new ReceiveResult(TransportStatus.Aborted, default));
        }

        var rest = bytes.Length - _consumed;
        if (_shown == 0)
        {
            _shown = Math.Min(piece, rest);
        }

        return new(_shown > 0 ? new(TransportStatus.Ok, bytes.AsMemory(_consumed, _shown)) : new ReceiveResult(end, default));
    }

    public override void Advance(int consumed)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(consumed, _shown);
        _consumed += consumed;

        // Who has looked and taken nothing waits for more, which is the end if there is none.
        var more = Math.Min(piece, bytes.Length - _consumed - _shown);
        _shown = consumed > 0 ? _shown - consumed : more > 0 ? _shown + more : 0;
        if (consumed == 0 && more == 0)
        {
            _consumed = bytes.Length;
        }
    }

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (IsFinSent)
        {
            throw new InvalidOperationException("Bytes are sent after the FIN.");
        }

        Sending?.Invoke();
        Sent += data.Length;
        return new(_isAborted ? TransportStatus.Aborted : TransportStatus.Ok);
    }

    public override void ShutdownSend() => IsFinSent = true;

    public override ValueTask<bool> FlushToPeerAsync() => new(!_isAborted);

    public override void Abort() => _isAborted = true;

    public override ValueTask DisposeAsync()
    {
        _isDisposed = true;
        return default;
    }
}
