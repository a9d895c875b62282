using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>The sending half of a simulated connection: writes to the socket while it takes bytes, and keeps the rest.</summary>
internal sealed class SimulatedSender
{
    private readonly SimulatedConnection _connection;
    private readonly SimulatedSocket _socket;
    private readonly SimulatedNetwork _network;
    private readonly SimulatedOperation<TransportStatus> _sending;
    private ReadOnlyMemory<byte> _unsent;
    private TransportStatus _result;
    private long _bytesSent;
    private bool _isShutDown;
    private bool _continuesSoon;

    public SimulatedSender(SimulatedConnection connection, SimulatedSocket socket, SimulatedNetwork network)
    {
        _connection = connection;
        _socket = socket;
        _network = network;
        _sending = new SimulatedOperation<TransportStatus>(network.Scheduler, () => _result);
    }

    public bool IsPending => _sending.IsPending;

    public long BytesSent => Volatile.Read(ref _bytesSent);

    private TransportStatus Status => _connection.IsOurs ? TransportStatus.Aborted : _socket.Error;

    public ValueTask<TransportStatus> SendAsync(ReadOnlyMemory<byte> data)
    {
        if (_sending.IsPending)
        {
            throw _network.Scheduler.Misuse("two sends at once.");
        }

        if (_isShutDown)
        {
            throw _network.Scheduler.Misuse("a send after ShutdownSend.");
        }

        if (Status != TransportStatus.Ok || data.IsEmpty)
        {
            return ValueTask.FromResult(Status);
        }

        var taken = Write(data.Span);
        if (taken == data.Length && !_network.DrawCoin(_connection.Link.Options))
        {
            return ValueTask.FromResult(TransportStatus.Ok);
        }

        _unsent = data[taken..].ToArray();
        var sending = _sending.Begin();
        if (_unsent.IsEmpty || _socket.IsWritable)
        {
            ContinueSoon();
        }

        return sending;
    }

    public void Shutdown()
    {
        if (_sending.IsPending && !_connection.IsOurs)
        {
            throw _network.Scheduler.Misuse("ShutdownSend while a send is pending.");
        }

        if (!_isShutDown && !_connection.IsOurs)
        {
            _isShutDown = true;
            _socket.Shutdown();
        }
    }

    /// <summary>Goes on with a send if it can go on now.</summary>
    public void OnChanged()
    {
        if (_sending.IsPending && (Status != TransportStatus.Ok || _socket.IsWritable))
        {
            ContinueSoon();
        }
    }

    private int Write(ReadOnlySpan<byte> data)
    {
        var taken = _socket.Write(data);
        Volatile.Write(ref _bytesSent, _bytesSent + taken);
        return taken;
    }

    private void ContinueSoon()
    {
        if (!_continuesSoon)
        {
            _continuesSoon = true;
            _network.Scheduler.Post(static sender => ((SimulatedSender)sender!).Continue(), this);
        }
    }

    private void Continue()
    {
        _continuesSoon = false;
        if (!_sending.IsPending)
        {
            return;
        }

        if (!_unsent.IsEmpty && Status != TransportStatus.Ok)
        {
            _unsent = default;
            Finish(Status);
            return;
        }

        _unsent = _unsent[Write(_unsent.Span)..];
        if (_unsent.IsEmpty)
        {
            Finish(TransportStatus.Ok);
        }
        else if (_socket.IsWritable)
        {
            ContinueSoon();
        }
    }

    private void Finish(TransportStatus status)
    {
        if (!_sending.IsCompleted)
        {
            _result = status;
            _sending.CompleteSoon();
        }
    }
}
