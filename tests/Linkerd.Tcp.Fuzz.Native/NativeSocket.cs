using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;

namespace Linkerd.Tcp.Fuzz.Native;

/// <summary>A socket below a layer that calls the C program, with the rules of the sockets of an event loop: what a peer has ended or reset stays so.</summary>
/// <param name="state">The first argument of each call.</param>
/// <param name="receive">Receives: 1 with the number of bytes, of which 0 is a FIN; 0 if there is nothing; -1 if the connection was reset.</param>
/// <param name="send">Sends: 0 with the number of bytes that it takes; -1 if the connection was reset.</param>
internal sealed unsafe class NativeSocket(void* state, delegate* unmanaged<void*, byte*, int, int*, int> receive, delegate* unmanaged<void*, byte*, int, int*, int> send) : ILayerSocket
{
    private TransportStatus _readEnd;

    public bool IsClosed { get; set; }

    public bool HasReadEnded { get; private set; }

    public bool IsReadPutOff { get; set; }

    public long Received { get; private set; }

    public long Sent { get; private set; }

    public TransportStatus ReadEnd => _readEnd;

    public bool TryReadSocket(byte* buffer, int length, out int count, out TransportStatus end)
    {
        (count, end) = (0, TransportStatus.Ok);
        if (HasReadEnded)
        {
            end = _readEnd;
            return true;
        }

        int received;
        switch (receive(state, buffer, length, &received))
        {
            case 0:
                return false;
            case 1 when received > 0:
                count = received;
                return true;
            case 1:
                EndRead(TransportStatus.Ok);
                return true;
            default:
                end = EndRead(TransportStatus.Reset);
                return true;
        }
    }

    public TransportStatus SendSocket(byte* data, int length, out int sent, bool isLast = false)
    {
        int taken;
        var result = send(state, data, length, &taken);
        sent = result == 0 ? taken : 0;
        return result == 0 ? TransportStatus.Ok : TransportStatus.Reset;
    }

    public TransportStatus EndRead(TransportStatus status)
    {
        (HasReadEnded, _readEnd) = (true, status);
        return status;
    }

    public void ReadLater() => IsReadPutOff = true;

    public void FlushLayerLater()
    {
    }

    public void CountReceived(int count) => Received += count;

    public void CountSent(int count) => Sent += count;
}
