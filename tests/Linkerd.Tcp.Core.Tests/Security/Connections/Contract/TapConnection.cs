using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Tests.Security.Connections.Contract;

/// <summary>A connection between TLS and its engine, which counts, hands out less at once, and holds what is sent.</summary>
internal sealed class TapConnection(TransportConnection inner) : TransportConnection
{
    private TaskCompletionSource<bool>? _gate;
    private int _shown;
    private int _handedOut;
    private int _looked;

    /// <summary>The most that one receive hands out.</summary>
    public int MaxReceive { get; set; } = int.MaxValue;

    /// <summary>The sizes of what was sent, one by one.</summary>
    public List<int> Sends { get; } = [];

    public bool IsFinSent { get; private set; }

    public bool IsDisposed { get; private set; }

    public override EndPoint? LocalEndPoint => inner.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => inner.RemoteEndPoint;

    public override TransportExecutor Executor => inner.Executor;

    public override TransportTimer Deadline => inner.Deadline;

    public override long BytesReceived => inner.BytesReceived;

    public override int UnreadBytes => inner.UnreadBytes;

    public override long BytesSent => inner.BytesSent;

    public override bool IsReset => inner.IsReset;

    public override bool HasPeerClosed => inner.HasPeerClosed;

    internal override bool HasUnseenInput => inner.HasUnseenInput;

    internal override bool HasKnownInput => inner.HasKnownInput;

    internal override bool HasUnseenRoom => inner.HasUnseenRoom;

    /// <summary>What is sent from now on waits for <see cref="OpenGate"/>, as if the kernel's buffer were full.</summary>
    public void CloseGate() => _gate = new();

    public void OpenGate() => EndWait(isOpen: true);

    public override ValueTask<ReceiveResult> ReceiveAsync() => MaxReceive == int.MaxValue ? inner.ReceiveAsync() : ReceiveLessAsync();

    public override void Advance(int consumed)
    {
        // One that looks at less than there is waits for nothing.
        _looked = consumed == 0 ? _shown : 0;
        if (consumed > 0 || MaxReceive == int.MaxValue || _shown == _handedOut)
        {
            inner.Advance(consumed);
        }
    }

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        Sends.Add(data.Length);
        return _gate is { } gate ? SendLaterAsync(gate, data.ToArray()) : inner.SendAsync(data);
    }

    public override void ShutdownSend()
    {
        IsFinSent = true;
        inner.ShutdownSend();
    }

    public override ValueTask<bool> FlushToPeerAsync() => inner.FlushToPeerAsync();

    public override void Abort()
    {
        inner.Abort();
        EndWait(isOpen: false);
    }

    public override ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return inner.DisposeAsync();
    }

    // Without the context of a simulated test, with which code under test would not go on inline.
    private void EndWait(bool isOpen)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        Interlocked.Exchange(ref _gate, null)?.SetResult(isOpen);
        SynchronizationContext.SetSynchronizationContext(context);
    }

    private async ValueTask<ReceiveResult> ReceiveLessAsync()
    {
        var received = await inner.ReceiveAsync().ConfigureAwait(false);
        _handedOut = received.Data.Length;
        _shown = Math.Min(_handedOut, _looked + MaxReceive);
        return new(received.Status, received.Data[.._shown]);
    }

    private async ValueTask<TransportStatus> SendLaterAsync(TaskCompletionSource<bool> gate, byte[] data) =>
        await gate.Task.ConfigureAwait(false) ? await inner.SendAsync(data).ConfigureAwait(false) : TransportStatus.Aborted;
}
