using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>A connection on which nothing happens, with the addresses that a test wants.</summary>
internal sealed class StillConnection(EndPoint? local, EndPoint? remote, TransportExecutor? executor = null) : TransportConnection
{
    private ProviderTimer? _deadline;

    public bool IsAborted { get; private set; }

    public bool IsDisposed { get; private set; }

    public override EndPoint? LocalEndPoint => local;

    public override EndPoint? RemoteEndPoint => remote;

    public override TransportExecutor Executor { get; } = executor ?? new ThreadPoolExecutor(TimeProvider.System);

    public override TransportTimer Deadline => _deadline ??= new ProviderTimer(new ThreadPoolExecutor(TimeProvider.System), this);

    public override long BytesReceived => 0;

    public override int UnreadBytes => 0;

    public override long BytesSent => 0;

    public override bool IsReset => false;

    public override bool HasPeerClosed => false;

    public override ValueTask<ReceiveResult> ReceiveAsync() => new(new TaskCompletionSource<ReceiveResult>().Task);

    public override void Advance(int consumed) => ArgumentOutOfRangeException.ThrowIfNotEqual(consumed, 0);

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data) => new(TransportStatus.Ok);

    public override void ShutdownSend() => ObjectDisposedException.ThrowIf(IsDisposed, this);

    public override ValueTask<bool> FlushToPeerAsync() => new(true);

    public override void Abort() => IsAborted = true;

    public override ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return default;
    }
}
