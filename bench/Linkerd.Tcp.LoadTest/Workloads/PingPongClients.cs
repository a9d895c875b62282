using Linkerd.Tcp.LoadTest.Running;
using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Workloads;

/// <summary>Connections that stay open: each sends a message, and the next when its echo is there, or holds still after the first.</summary>
internal sealed class PingPongClients : IRequestOwner
{
    private const int InFlight = 64;
    private static readonly TimeSpan OpeningTimeout = TimeSpan.FromSeconds(30);
    private readonly LoadSession _session;
    private readonly TrafficState _traffic;
    private readonly bool _goesOn;
    private readonly RequestPeer[] _peers;
    private int _begun;
    private int _opened;
    private int _failed;

    public PingPongClients(LoadSession session, int connections, int payload, bool goesOn)
    {
        (_session, _traffic, _goesOn) = (session, session.Traffic, goesOn);
        _peers = [.. Enumerable.Range(0, connections).Select(_ => new RequestPeer(_traffic, this, payload))];
    }

    /// <summary>Opens all connections, a limited number at a time, so no listen queue overflows.</summary>
    public void Open()
    {
        while (_begun < Math.Min(InFlight, _peers.Length))
        {
            _peers[_begun++].Open();
        }

        if (!_session.RunUntil(() => _opened + _failed >= _peers.Length, OpeningTimeout))
        {
            _traffic.Fail($"{_peers.Length - _opened} connections could not be opened");
        }
    }

    /// <summary>Counts connections whose message has been under way since before the last window.</summary>
    public void FailStalled()
    {
        foreach (var _ in _peers.Where(peer => peer.Descriptor >= 0 && peer.Started < _session.WindowBegin))
        {
            _traffic.Fail("client: no answer in the whole window");
        }
    }

    public void Close()
    {
        foreach (var peer in _peers)
        {
            peer.Close();
        }
    }

    public bool OnEcho(RequestPeer peer, long now)
    {
        if (peer.RoundTrips == 1)
        {
            _opened++;
            OpenNext();
        }

        if (!_goesOn)
        {
            return true;
        }

        _traffic.Operations++;
        _traffic.Latencies.Add(now - peer.Started);
        peer.SendAgain(now);
        return true;
    }

    public void OnFailed(RequestPeer peer)
    {
        if (peer.RoundTrips == 0)
        {
            _failed++;
            OpenNext();
        }
    }

    private void OpenNext()
    {
        if (_begun < _peers.Length)
        {
            _peers[_begun++].Open();
        }
        else if (_opened + _failed == _peers.Length)
        {
            _traffic.Loop.Stop();
        }
    }
}
