using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.TestUtilities.Simulation;

/// <summary>One end of a simulated connection, as the code under test and the test's own peers use it. Misuse fails the run.</summary>
public sealed partial class SimulatedConnection : TransportConnection, ISimulatedSocketOwner
{
    private readonly SimulatedTransport _host;
    private readonly SimulatedSocket _socket;
    private readonly SimulatedScheduler _scheduler;
    private readonly SimulatedOperation<bool> _acknowledging;
    private int _aborted;
    private bool _isDisposed;

    internal SimulatedConnection(SimulatedTransport host, SimulatedLink link, SimulatedSocket socket, TcpOptions tcp, EndPoint local, EndPoint remote)
    {
        _host = host;
        _socket = socket;
        _scheduler = host.Network.Scheduler;
        _receiving = new SimulatedOperation<ReceiveResult>(_scheduler, HandOut);
        _sending = new SimulatedOperation<TransportStatus>(_scheduler, () => _sendResult);
        _acknowledging = new SimulatedOperation<bool>(_scheduler, () => IsAllAcknowledged);
        Link = link;
        Tcp = tcp;
        LocalEndPoint = local;
        RemoteEndPoint = remote;
        Deadline = new SimulatedDeadline(host.Network, this);
        socket.Owner = this;
    }

    /// <summary>The network's view of this connection.</summary>
    public SimulatedLink Link { get; }

    public TcpOptions Tcp { get; }

    public bool IsAborted => Volatile.Read(ref _aborted) != 0;

    public bool IsDisposed => _isDisposed;

    public override EndPoint? LocalEndPoint { get; }

    public override EndPoint? RemoteEndPoint { get; }

    public override TransportExecutor Executor => _scheduler;

    public override TransportTimer Deadline { get; }

    public override long BytesReceived => Volatile.Read(ref _bytesReceived);

    public override int UnreadBytes => _unconsumed.Count;

    public override long BytesSent => Volatile.Read(ref _bytesSent);

    public override bool IsReset => _socket.Error is TransportStatus.Reset or TransportStatus.TimedOut;

    public override bool HasPeerClosed => _socket.IsFinReceived || IsReset;

    private bool IsOurs => IsAborted || _isDisposed;

    private bool IsEnded => IsOurs || _socket.Error != TransportStatus.Ok;

    // Of what the kernel has: a send that is still pending does not count, so waiting beside one says little.
    private bool IsAllAcknowledged => !IsOurs && _socket.IsAllAcknowledged;

    public override ValueTask<bool> FlushToPeerAsync()
    {
        _scheduler.RequireCurrent();
        if (_acknowledging.IsPending)
        {
            throw _scheduler.Misuse("two waits for the acknowledgement at once.");
        }

        if (IsEnded || IsAllAcknowledged)
        {
            return ValueTask.FromResult(IsAllAcknowledged);
        }

        return _acknowledging.Begin();
    }

    public override void Abort()
    {
        if (Interlocked.Exchange(ref _aborted, 1) != 0)
        {
            return;
        }

        if (_scheduler.IsCurrent)
        {
            AbortHere();
        }
        else
        {
            _scheduler.Post(static connection => ((SimulatedConnection)connection!).AbortHere(), this);
        }
    }

    public override ValueTask DisposeAsync()
    {
        _scheduler.RequireCurrent();
        if (_isDisposed)
        {
            return ValueTask.CompletedTask;
        }

        if (!IsAborted && (_receiving.IsPending || _sending.IsPending || _acknowledging.IsPending))
        {
            throw _scheduler.Misuse("disposed while an operation is pending.");
        }

        _isDisposed = true;
        Deadline.Disarm();
        Poison();
        _host.ReturnDescriptor();
        _socket.Close();
        return ValueTask.CompletedTask;
    }

    /// <summary>Completes what can be completed now.</summary>
    public void OnChanged()
    {
        if (IsReceiveReady)
        {
            _receiving.CompleteSoon();
        }

        if (_sending.IsPending && (IsEnded || _socket.IsWritable))
        {
            ContinueSendSoon();
        }

        if (IsEnded || IsAllAcknowledged)
        {
            _acknowledging.CompleteSoon();
        }
    }

    public override string ToString() => $"{LocalEndPoint} -> {RemoteEndPoint}";

    private void AbortHere()
    {
        if (!_isDisposed)
        {
            _socket.Abort();
            OnChanged();
        }
    }
}
