using Linkerd.Tcp.LoadTest.Loop;
using Linkerd.Tcp.LoadTest.Native;

namespace Linkerd.Tcp.LoadTest.Traffic;

/// <summary>The backend's end of a connection: echoes, unless the first byte asks for a stream.</summary>
internal sealed unsafe class BackendPeer(TrafficState traffic, BackendListener listener) : Peer
{
    private bool _isKnown;

    public override void OnReady(uint events)
    {
        while (true)
        {
            var received = (int)ReceiveBytes(Buffers.Scratch, Buffers.ScratchLength);
            if (received <= 0)
            {
                if (received == 0 || ErrorNumber.Last != ErrorNumber.TryAgain)
                {
                    End(received == 0 ? null : $"backend recv: {LastError}");
                }

                return;
            }

            if (!_isKnown && *Buffers.Scratch != (byte)Role.Echo)
            {
                BecomeStream((Role)(*Buffers.Scratch), received);
                return;
            }

            // One message is in flight, so the send buffer always has room for it.
            _isKnown = true;
            if (SendBytes(Buffers.Scratch, received) is var sent && sent != received)
            {
                End(sent >= 0 ? "backend send: short" : $"backend send: {LastError}");
                return;
            }

            if (Tls is null && received < Buffers.ScratchLength && !IsEndNear(events))
            {
                return;
            }
        }
    }

    private void BecomeStream(Role role, int received)
    {
        StreamPeer stream = role == Role.Verify ? new VerifyingPeer(traffic) : new BulkPeer(traffic, sends: role != Role.Upload, receives: role != Role.Download);
        traffic.Loop.Replace(this, stream, ReadAndWrite);
        stream.Begin(new(Buffers.Scratch + 1, received - 1));
        listener.Return(this);
    }

    private void End(string? error)
    {
        if (error is not null)
        {
            traffic.Fail(error);
        }

        _isKnown = false;
        traffic.Loop.Close(this);
        listener.Return(this);
    }
}
