using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;

namespace Linkerd.Tcp.Fuzz.OpenSsl;

/// <summary>A socket in memory below a layer: it hands out what has arrived, in pieces, and takes what is sent, in pieces.</summary>
internal sealed unsafe class LayerSocket : ILayerSocket
{
    private byte[] _incoming = [];
    private int _start;
    private TransportStatus? _end;
    private TransportStatus _readEnd;

    /// <summary>Called with what the kernel has taken.</summary>
    public Action<byte[]> OnSent { get; set; } = static _ => { };

    /// <summary>The most that the next receive hands out, of the bytes that have arrived; 0: EAGAIN.</summary>
    public Func<int, int> ReceiveSize { get; set; } = static available => available;

    /// <summary>The most that the next send takes; 0: EAGAIN.</summary>
    public Func<int, int> SendSize { get; set; } = static length => length;

    /// <summary>The result of sends; other than Ok once the peer has reset the connection.</summary>
    public TransportStatus SendStatus { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>Whether the FIN was sent: the kernel takes no more bytes.</summary>
    public bool IsFinSent { get; set; }

    /// <summary>The number of sends behind the FIN.</summary>
    public int SendsBehindFin { get; private set; }

    /// <summary>Whether the last send said that a FIN follows.</summary>
    public bool IsLastSent { get; private set; }

    public bool HasReadEnded { get; private set; }

    public bool IsReset { get; private set; }

    public int LaterReads { get; private set; }

    public int LaterFlushes { get; private set; }

    public int Receives { get; private set; }

    /// <summary>The number of bytes that sends have taken.</summary>
    public int Taken { get; private set; }

    public long Received { get; private set; }

    public long Sent { get; private set; }

    public int Available => _incoming.Length - _start;

    public void Arrive(ReadOnlySpan<byte> bytes)
    {
        _incoming = [.. _incoming.AsSpan(_start), .. bytes];
        _start = 0;
    }

    /// <summary>The stream ends behind what has arrived. A reset fails the sends as well.</summary>
    public void ArriveEnd(TransportStatus end)
    {
        _end ??= end;
        if (end != TransportStatus.Ok)
        {
            SendStatus = end;
        }
    }

    public bool TryReadSocket(byte* buffer, int length, out int count, out TransportStatus end)
    {
        Receives++;
        (count, end) = (0, TransportStatus.Ok);
        if (HasReadEnded)
        {
            end = _readEnd;
            return true;
        }

        if (Available == 0)
        {
            if (_end is not { } ended)
            {
                return false;
            }

            end = EndRead(ended);
            return true;
        }

        count = Math.Min(Math.Min(Available, length), ReceiveSize(Available));
        _incoming.AsSpan(_start, count).CopyTo(new Span<byte>(buffer, length));
        _start += count;
        return count > 0;
    }

    public TransportStatus SendSocket(byte* data, int length, out int sent, bool isLast = false)
    {
        sent = 0;
        if (IsFinSent)
        {
            SendsBehindFin++;
            return TransportStatus.Reset;
        }

        if (SendStatus != TransportStatus.Ok)
        {
            return SendStatus;
        }

        IsLastSent = isLast;
        sent = Math.Min(length, SendSize(length));
        Taken += sent;
        if (sent > 0)
        {
            OnSent(new ReadOnlySpan<byte>(data, sent).ToArray());
        }

        return TransportStatus.Ok;
    }

    public TransportStatus EndRead(TransportStatus status)
    {
        HasReadEnded = true;
        IsReset |= status == TransportStatus.Reset;
        return _readEnd = status;
    }

    public void ReadLater() => LaterReads++;

    public void FlushLayerLater() => LaterFlushes++;

    public void CountReceived(int count) => Received += count;

    public void CountSent(int count) => Sent += count;
}
