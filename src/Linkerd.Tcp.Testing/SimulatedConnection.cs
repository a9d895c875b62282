using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>Represents one end of a simulated connection, for the code under test and for its peers. Misuse fails the run.</summary>
internal sealed class SimulatedConnection : TransportConnection, ISimulatedSocketOwner
{
    private readonly SimulatedHost _host;
    private readonly SimulatedSocket _socket;
    private readonly SimulatedScheduler _scheduler;
    private readonly SimulatedReceiver _receiver;
    private readonly SimulatedSender _sender;
    private readonly SimulatedOperation<bool> _acknowledging;
    private int _aborted;
    private bool _isDisposed;

    internal SimulatedConnection(SimulatedHost host, SimulatedLink link, SimulatedSocket socket, TcpOptions tcp, EndPoint local, EndPoint remote)
    {
        _host = host;
        _socket = socket;
        _scheduler = host.Network.Scheduler;
        Link = link;
        Tcp = tcp;
        LocalEndPoint = local;
        RemoteEndPoint = remote;
        _receiver = new SimulatedReceiver(this, socket, host.Network);
        _sender = new SimulatedSender(this, socket, host.Network);
        _acknowledging = new SimulatedOperation<bool>(_scheduler, () => IsAllAcknowledged);
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

    public override long BytesReceived => _receiver.BytesReceived;

    public override int UnreadBytes => _receiver.UnreadBytes;

    public override long BytesSent => _sender.BytesSent;

    public override bool IsReset => _socket.Error is TransportStatus.Reset or TransportStatus.TimedOut;

    public override bool HasPeerClosed => _socket.IsFinReceived || IsReset;

    /// <summary>Gets a value that indicates whether this side has ended the connection.</summary>
    internal bool IsOurs => IsAborted || _isDisposed;

    private bool IsEnded => IsOurs || _socket.Error != TransportStatus.Ok;

    // Of what the kernel has: a send that is still pending does not count, so waiting beside one says little.
    private bool IsAllAcknowledged => !IsOurs && _socket.IsAllAcknowledged;

    public override ValueTask<ReceiveResult> ReceiveAsync()
    {
        using var step = _scheduler.Enter();
        return _receiver.ReceiveAsync();
    }

    public override void Advance(int consumed)
    {
        using var step = _scheduler.Enter();
        _receiver.Advance(consumed);
    }

    public override ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        using var step = _scheduler.Enter();
        return _sender.SendAsync(data);
    }

    public override void ShutdownSend()
    {
        using var step = _scheduler.Enter();
        _sender.Shutdown();
    }

    public override ValueTask<bool> FlushToPeerAsync()
    {
        using var step = _scheduler.Enter();
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
        using var step = _scheduler.Enter();
        if (_isDisposed)
        {
            return ValueTask.CompletedTask;
        }

        if (!IsAborted && (_receiver.IsPending || _sender.IsPending || _acknowledging.IsPending))
        {
            throw _scheduler.Misuse("disposed while an operation is pending.");
        }

        _isDisposed = true;
        Deadline.Disarm();
        _receiver.Poison();
        _host.ReturnDescriptor();
        _socket.Close();
        return ValueTask.CompletedTask;
    }

    /// <summary>Keeps receives pending from now on, as if the application did not read, so that the peer's window closes.</summary>
    public void PauseReading() => _receiver.Pause();

    /// <summary>Ends <see cref="PauseReading"/>.</summary>
    public void ResumeReading()
    {
        _receiver.Resume();
        OnChanged();
    }

    /// <summary>Completes what can be completed now.</summary>
    public void OnChanged()
    {
        _receiver.OnChanged();
        _sender.OnChanged();
        if (IsEnded || IsAllAcknowledged)
        {
            _acknowledging.CompleteSoon();
        }
    }

    public override string ToString() => $"{LocalEndPoint} -> {RemoteEndPoint}";

    protected override async ValueTask<ReceiveResult> ReceiveUntilAsync(CancellationToken giveUp)
    {
        var receiving = ReceiveAsync();
        using (giveUp.UnsafeRegister(static connection => ((SimulatedConnection)connection!)._receiver.GiveUp(), this))
        {
            // In the step of code with a context, such as a test, which has to see the bytes in the same step.
            return await receiving.ConfigureAwait(true);
        }
    }

    private void AbortHere()
    {
        if (!_isDisposed)
        {
            _socket.Abort();
            OnChanged();
        }
    }
}
