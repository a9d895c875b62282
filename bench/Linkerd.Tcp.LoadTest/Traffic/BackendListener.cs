using System.Net;
using Linkerd.Tcp.LoadTest.Loop;
using Linkerd.Tcp.LoadTest.Native;

namespace Linkerd.Tcp.LoadTest.Traffic;

/// <summary>The listening socket of the backend, and the peers that serve its connections.</summary>
internal sealed unsafe class BackendListener : Peer
{
    private readonly TrafficState _traffic;
    private readonly Stack<BackendPeer> _idle = new();

    public BackendListener(TrafficState traffic, IPEndPoint address)
    {
        _traffic = traffic;
        traffic.Loop.Add(this, NativeSocket.Listen(new(address)), ReadOnly);
    }

    public override void OnReady(uint events)
    {
        while (true)
        {
            var descriptor = Libc.Accept4(Descriptor, null, null, Constants.NonBlocking | Constants.CloseOnExec);
            if (descriptor < 0)
            {
                if (ErrorNumber.Last != ErrorNumber.TryAgain)
                {
                    _traffic.Fail("backend accept", ErrorNumber.Last);
                }

                return;
            }

            if (!_idle.TryPop(out var peer))
            {
                peer = new(_traffic, this);
            }

            peer.Tls = _traffic.TlsServer?.Open(descriptor);
            _traffic.Loop.Add(peer, descriptor, ReadOnly);
        }
    }

    /// <summary>Keeps a peer whose connection ended for the next one.</summary>
    public void Return(BackendPeer peer) => _idle.Push(peer);
}
