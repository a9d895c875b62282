using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>A connection of somebody else's engine, which throws at one of its members against its contract; what ends something does it before it throws.</summary>
internal sealed class FaultyConnection(TransportConnection inner, string fault) : TransportConnection
{
    public TransportConnection Inner => inner;

    /// <summary>Whether it throws at all.</summary>
    public bool IsFaulty { get; set; } = true;

    public bool IsAborted { get; private set; }

    public bool IsDisposed { get; private set; }

    public override EndPoint? LocalEndPoint => Fault(nameof(LocalEndPoint), inner.LocalEndPoint);

    public override EndPoint? RemoteEndPoint => Fault(nameof(RemoteEndPoint), inner.RemoteEndPoint);

    public override TransportExecutor Executor => Fault(nameof(Executor), fault == "Post" ? new FaultyExecutor(this) : inner.Executor);

    public override TransportTimer Deadline => fault is "Arm" or "Disarm" ? new FaultyTimer(this) : Fault(nameof(Deadline), inner.Deadline);

    public override long BytesReceived => Fault(nameof(BytesReceived), inner.BytesReceived);

    public override int UnreadBytes => Fault(nameof(UnreadBytes), inner.UnreadBytes);

    public override long BytesSent => Fault(nameof(BytesSent), inner.BytesSent);

    public override bool IsReset => Fault(nameof(IsReset), inner.IsReset);

    public override bool HasPeerClosed => Fault(nameof(HasPeerClosed), inner.HasPeerClosed);

    public override ValueTask<ReceiveResult> ReceiveAsync()
    {
        Fault(nameof(ReceiveAsync), 0);
        return inner.ReceiveAsync();
    }

    public override void Advance(int consumed)
    {
        inner.Advance(consumed);
        Fault(nameof(Advance), 0);
    }

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        Fault(nameof(SendAsync), 0);
        return inner.SendAsync(data);
    }

    public override void ShutdownSend()
    {
        inner.ShutdownSend();
        Fault(nameof(ShutdownSend), 0);
    }

    public override ValueTask<bool> FlushToPeerAsync()
    {
        Fault(nameof(FlushToPeerAsync), 0);
        return inner.FlushToPeerAsync();
    }

    public override void Abort()
    {
        IsAborted = true;
        inner.Abort();
        Fault(nameof(Abort), 0);
    }

    public override async ValueTask DisposeAsync()
    {
        IsDisposed = true;
        await inner.DisposeAsync();
        Fault(nameof(DisposeAsync), 0);
    }

    private T Fault<T>(string member, T value) =>
        IsFaulty && member == fault ? throw new NotSupportedException($"{member} has a bug.") : value;

    private sealed class FaultyTimer(FaultyConnection connection) : TransportTimer
    {
        public override void Arm(TimeSpan dueTime, ITimerHandler handler)
        {
            connection.Fault(nameof(Arm), 0);
            connection.Inner.Deadline.Arm(dueTime, handler);
        }

        public override void Disarm()
        {
            connection.Inner.Deadline.Disarm();
            connection.Fault(nameof(Disarm), 0);
        }
    }

    private sealed class FaultyExecutor(FaultyConnection connection) : TransportExecutor
    {
        public override TimeProvider TimeProvider => connection.Inner.Executor.TimeProvider;

        public override bool IsCurrent => connection.Inner.Executor.IsCurrent;

        public override void Post(Action<object?> action, object? state)
        {
            connection.Fault(nameof(Post), 0);
            connection.Inner.Executor.Post(action, state);
        }
    }
}
