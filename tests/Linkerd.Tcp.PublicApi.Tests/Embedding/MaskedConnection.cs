using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.PublicApi.Tests.Embedding;

/// <summary>
/// A layer over a connection: every byte is masked on its way out, and unmasked on its way in. It lives where the connection below it lives, and uses its executor and its timer. An operation that
/// waits goes on there, as the connection below completes there.
/// </summary>
internal sealed class MaskedConnection(TransportConnection inner, byte mask, ConcurrentQueue<bool> isOnExecutor) : TransportConnection
{
    private byte[] _received = [];

    public override EndPoint? LocalEndPoint => inner.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => inner.RemoteEndPoint;

    public override TransportExecutor Executor => inner.Executor;

    public override TransportTimer Deadline => inner.Deadline;

    public override long BytesReceived => inner.BytesReceived;

    public override int UnreadBytes => inner.UnreadBytes;

    public override long BytesSent => inner.BytesSent;

    public override bool IsReset => inner.IsReset;

    public override bool HasPeerClosed => inner.HasPeerClosed;

    public override async ValueTask<ReceiveResult> ReceiveAsync()
    {
        var result = await inner.ReceiveAsync();
        isOnExecutor.Enqueue(Executor.IsCurrent);
        if (_received.Length < result.Data.Length)
        {
            _received = new byte[result.Data.Length];
        }

        Mask(result.Data.Span, _received);
        return new ReceiveResult(result.Status, _received.AsMemory(0, result.Data.Length));
    }

    // A byte here is a byte there, so all that counts bytes can be left to the connection below.
    public override void Advance(int consumed) => inner.Advance(consumed);

    public override async ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        var masked = ArrayPool<byte>.Shared.Rent(data.Length);
        Mask(data.Span, masked);
        var sending = inner.SendAsync(masked.AsMemory(0, data.Length));

        // The memory is free when the call returns, before the task completes.
        ArrayPool<byte>.Shared.Return(masked);
        var status = await sending;
        isOnExecutor.Enqueue(Executor.IsCurrent);
        return status;
    }

    public override void ShutdownSend() => inner.ShutdownSend();

    public override ValueTask<bool> FlushToPeerAsync() => inner.FlushToPeerAsync();

    public override void Abort() => inner.Abort();

    public override ValueTask DisposeAsync() => inner.DisposeAsync();

    private void Mask(ReadOnlySpan<byte> from, Span<byte> to)
    {
        for (var i = 0; i < from.Length; i++)
        {
            to[i] = (byte)(from[i] ^ mask);
        }
    }
}
