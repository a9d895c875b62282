using System.Net;
using Linkerd.Tcp.TestUtilities.Simulation;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>A connection whose engine does not get to tell what its kernel has.</summary>
internal sealed class LateConnection(SimulatedScheduler scheduler) : TransportConnection
{
    private readonly TaskCompletionSource<ReceiveResult> _received = new();
    private ProviderTimer? _deadline;

    /// <summary>Whether its kernel has something to be received.</summary>
    public bool Waiting { get; set; }

    public bool IsAborted { get; private set; }

    public override EndPoint? LocalEndPoint => null;

    public override EndPoint? RemoteEndPoint => null;

    public override TransportExecutor Executor => scheduler;

    public override TransportTimer Deadline => _deadline ??= new ProviderTimer(new ThreadPoolExecutor(scheduler.TimeProvider), this);

    public override long BytesReceived => 0;

    public override int UnreadBytes => 0;

    public override long BytesSent => 0;

    public override bool PeerGone => false;

    public override bool PeerFinished => false;

    internal override bool HasUnseenInput => Waiting;

    /// <summary>The engine tells what comes next.</summary>
    public void Tell(ReceiveResult result) => _received.TrySetResult(result);

    public override ValueTask<ReceiveResult> ReceiveAsync() => new(_received.Task);

    public override void Advance(int consumed)
    {
    }

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data) => new(TransportStatus.Ok);

    public override void ShutdownSend()
    {
    }

    public override ValueTask<bool> WaitAcknowledgedAsync() => new(true);

    public override void Abort()
    {
        IsAborted = true;
        Tell(new(TransportStatus.Aborted, default));
    }

    public override ValueTask DisposeAsync() => default;
}
