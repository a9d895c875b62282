using System.Net;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.Testing;

/// <summary>
/// One end of a link as a kernel keeps it: send buffer, receive queue, window, state. It follows Linux: a RST discards what is unsent and
/// leaves what has arrived to be read; after a FIN the reader sees the FIN whatever comes later; a close with unread data is a RST.
/// </summary>
internal sealed class SimulatedSocket(SimulatedNetwork network, SimulatedLinkOptions options, SimulatedWire outbound, EndPoint address, string side)
{
    private readonly ByteQueue _unacknowledged = new();
    private readonly ByteQueue _arrived = new();
    private long _written;
    private long _transmitted;
    private long _acknowledged;
    private long _windowEdge = options.ReceiveBuffer;
    private long _received;
    private long _read;
    private long _advertisedEdge = options.ReceiveBuffer;
    private bool _finQueued;
    private bool _finTransmitted;
    private bool _finAcknowledged;

    /// <summary>Gets or sets the user, which is notified of changes; null before accept and after close.</summary>
    public ISimulatedSocketOwner? Owner { get; set; }

    /// <summary>Gets or sets the listener at which the socket waits until it is accepted.</summary>
    public SimulatedListener? Listener { get; set; }

    /// <summary>Gets the link, if the socket is the server's end of it.</summary>
    public SimulatedLink? Link { get; init; }

    /// <summary>Gets the callback for the moment from which the socket can neither send nor receive.</summary>
    public required Action Ended { get; init; }

    /// <summary>Gets the end of the connection; <see cref="TransportStatus.Ok"/> while it stands.</summary>
    public TransportStatus Error { get; private set; }

    public bool IsFinReceived { get; private set; }

    public bool IsClosed { get; private set; }

    public long LastHeard { get; private set; } = network.Scheduler.NowTicks;

    public int Available => _arrived.Count;

    /// <summary>Gets a value that indicates whether a third of the send buffer is free, as in Linux, so that a full buffer is not refilled byte by byte.</summary>
    public bool IsWritable => Free >= options.SendBuffer / 3;

    public bool IsAllAcknowledged => _acknowledged == _written && _finAcknowledged == _finQueued;

    public bool IsOver => Error != TransportStatus.Ok || (_finAcknowledged && IsFinReceived);

    private int WindowStep => Math.Min(options.ReceiveBuffer / 2, options.MaxSegment);

    private int Free => options.SendBuffer - _unacknowledged.Count;

    /// <summary>Takes some of the bytes; 0 if the buffer is full.</summary>
    public int Write(ReadOnlySpan<byte> data)
    {
        var most = Math.Min(data.Length, Free);
        if (most <= 0)
        {
            return 0;
        }

        var taken = network.DrawSize(most, options);
        _unacknowledged.Append(data[..taken]);
        _written += taken;
        Transmit();
        return taken;
    }

    /// <summary>Hands out some of the bytes that have arrived; 0 if there are none.</summary>
    public int Read(Span<byte> buffer)
    {
        var most = Math.Min(buffer.Length, _arrived.Count);
        if (most <= 0)
        {
            return 0;
        }

        var taken = network.DrawSize(most, options);
        _arrived.Peek(0, taken).CopyTo(buffer);
        _arrived.Discard(taken);
        _read += taken;

        if (_read + options.ReceiveBuffer - _advertisedEdge >= WindowStep)
        {
            Acknowledge();
        }

        return taken;
    }

    public void Shutdown()
    {
        if (!_finQueued && Error == TransportStatus.Ok)
        {
            _finQueued = true;
            Transmit();
        }
    }

    /// <summary>Closes in good order: the bytes that were written go out, then a FIN. If unread bytes are dropped, it is a RST.</summary>
    public void Close()
    {
        Owner = null;
        if (_arrived.Count > 0 && Error == TransportStatus.Ok)
        {
            Abort();
        }

        Shutdown();
        IsClosed = true;
    }

    /// <summary>Closes with linger 0.</summary>
    public void Abort()
    {
        IsClosed = true;
        Owner = null;
        if (Error != TransportStatus.Ok)
        {
            return;
        }

        var wasOver = IsOver;
        Error = TransportStatus.Aborted;
        _unacknowledged.Clear();
        _arrived.Clear();
        CheckOver(wasOver);
        outbound.LoseData();
        outbound.Send(new SimulatedSegment(SegmentKind.Reset));
    }

    /// <summary>Ends the connection for this side: unsent bytes are dropped, bytes that have arrived stay.</summary>
    public void Fail(TransportStatus error)
    {
        if (Error == TransportStatus.Ok)
        {
            var wasOver = IsOver;
            Error = error;
            _unacknowledged.Clear();
            CheckOver(wasOver);
            Owner?.OnChanged();
        }
    }

    public void Deliver(in SimulatedSegment segment)
    {
        LastHeard = network.Scheduler.NowTicks;
        if (Error != TransportStatus.Ok)
        {
            return;
        }

        switch (segment.Kind)
        {
            case SegmentKind.Established:
                Listener?.Enqueue(this);
                break;
            case SegmentKind.Data when IsClosed:
                // It cannot be read any more, and the sender must see that (RFC 2525, 2.17).
                Abort();
                break;
            case SegmentKind.Data:
                _arrived.Append(segment.Data);
                _received += segment.Data!.Length;
                Acknowledge();
                Owner?.OnChanged();
                break;
            case SegmentKind.Fin:
                var wasOver = IsOver;
                IsFinReceived = true;
                CheckOver(wasOver);
                Acknowledge();
                Owner?.OnChanged();
                break;
            case SegmentKind.Reset:
                Fail(TransportStatus.Reset);
                break;
            default:
                OnAcknowledged(segment);
                break;
        }
    }

    public override string ToString() =>
        $"  {address} ({side}): {(IsClosed ? "closed, " : "")}{Error}, wrote {_written} sent {_transmitted} acknowledged {_acknowledged}"
        + $"{(_finQueued ? " FIN" : "")}{(_finAcknowledged ? " acknowledged" : "")}, received {_received} read {_read}{(IsFinReceived ? " FIN" : "")}";

    private void OnAcknowledged(in SimulatedSegment segment)
    {
        if (segment.Acknowledged > _acknowledged)
        {
            _unacknowledged.Discard((int)(segment.Acknowledged - _acknowledged));
            _acknowledged = segment.Acknowledged;
        }

        _windowEdge = Math.Max(_windowEdge, segment.WindowEdge);
        var wasOver = IsOver;
        _finAcknowledged |= segment.IsFinAcknowledged;
        CheckOver(wasOver);
        Transmit();
        Owner?.OnChanged();
    }

    private void CheckOver(bool wasOver)
    {
        if (IsOver && !wasOver)
        {
            Ended();
        }
    }

    private void Acknowledge()
    {
        // The window opens in large steps, or it would go on in ever smaller pieces (RFC 9293, 3.8.6.2.2).
        var edge = _read + options.ReceiveBuffer;
        _advertisedEdge = edge - _advertisedEdge >= WindowStep ? edge : _advertisedEdge;
        outbound.Send(new SimulatedSegment(SegmentKind.Acknowledgement, null, _received, _advertisedEdge, IsFinReceived));
    }

    private void Transmit()
    {
        while (_transmitted < _written && _transmitted < _windowEdge)
        {
            var most = (int)Math.Min(options.MaxSegment, Math.Min(_written, _windowEdge) - _transmitted);
            var size = network.DrawSize(most, options);
            outbound.Send(new SimulatedSegment(SegmentKind.Data, _unacknowledged.Peek((int)(_transmitted - _acknowledged), size).ToArray()));
            _transmitted += size;
        }

        if (_finQueued && !_finTransmitted && _transmitted == _written)
        {
            _finTransmitted = true;
            outbound.Send(new SimulatedSegment(SegmentKind.Fin));
        }
    }
}
