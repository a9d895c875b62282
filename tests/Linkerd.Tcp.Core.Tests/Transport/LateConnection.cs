using System.Net;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Transport;

/// <summary>A connection whose engine does not get to tell what its kernel has.</summary>
internal sealed class LateConnection(SimulatedScheduler scheduler) : TransportConnection
{
    private TaskCompletionSource<ReceiveResult> _received = new();
    private LateTimer? _deadline;

    /// <summary>Whether its kernel has something to be received.</summary>
    public bool Waiting { get; set; }

    /// <summary>By how much its timer comes late, once.</summary>
    public TimeSpan Lateness { get; init; }

    public bool IsAborted { get; private set; }

    public override EndPoint? LocalEndPoint => null;

    public override EndPoint? RemoteEndPoint => null;

    public override TransportExecutor Executor => scheduler;

    public override TransportTimer Deadline => _deadline ??= new LateTimer(new ProviderTimer(new ThreadPoolExecutor(scheduler.TimeProvider), this)) { Lateness = Lateness };

    public override long BytesReceived => 0;

    public override int UnreadBytes => 0;

    public override long BytesSent => 0;

    public override bool IsReset => false;

    public override bool HasPeerClosed => false;

    internal override bool HasUnseenInput => Waiting;

    /// <summary>The engine tells what comes next.</summary>
    public void Tell(ReceiveResult result) => _received.TrySetResult(result);

    public override ValueTask<ReceiveResult> ReceiveAsync() => new(_received.Task);

    public override void Advance(int consumed)
    {
        _received = new();
        if (IsAborted)
        {
            Tell(new(TransportStatus.Aborted, default));
        }
    }

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data) => new(TransportStatus.Ok);

    public override void ShutdownSend()
    {
    }

    public override ValueTask<bool> FlushToPeerAsync() => new(true);

    public override void Abort()
    {
        IsAborted = true;
        Tell(new(TransportStatus.Aborted, default));
    }

    public override ValueTask DisposeAsync() => default;

    private sealed class LateTimer(ProviderTimer timer) : TransportTimer
    {
        public TimeSpan Lateness { get; set; }

        internal override bool MayOvertakeReceives => true;

        public override void Arm(TimeSpan dueTime, ITimerHandler handler)
        {
            timer.Arm(dueTime + Lateness, handler);
            Lateness = TimeSpan.Zero;
        }

        public override void Disarm() => timer.Disarm();
    }
}
