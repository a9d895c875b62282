using System.Diagnostics;
using System.Net;
using Linkerd.Tcp.LoadTest.Loop;
using Linkerd.Tcp.LoadTest.Tls;
using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Running;

/// <summary>Connects until an echo comes back. Its failures are no errors of the run, so it counts for itself.</summary>
internal sealed class ReadyProbe(EventLoop loop) : IRequestOwner
{
    private const int PayloadBytes = 64;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private bool _isEnded;
    private bool _isEchoed;

    public static void Wait(EventLoop loop, IPEndPoint target, TlsEndpoint? tls, TimeSpan timeout)
    {
        var begin = Stopwatch.GetTimestamp();
        while (true)
        {
            var traffic = new TrafficState(loop, target) { TlsClient = tls };
            var probe = new ReadyProbe(loop);
            var peer = new RequestPeer(traffic, probe, PayloadBytes);
            peer.Open();
            if (!probe._isEnded)
            {
                loop.RunFor(Patience);
            }

            peer.Close();
            if (probe._isEchoed)
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(begin) > timeout)
            {
                var reason = traffic.Errors.ByKind.Keys.FirstOrDefault() ?? "no answer";
                throw new IOException($"{target} did not echo through to the backend within {timeout.TotalSeconds} s ({reason})");
            }

            loop.RunFor(Pause);
        }
    }

    public bool OnEcho(RequestPeer peer, long now)
    {
        _isEchoed = true;
        loop.Stop();
        return false;
    }

    public void OnFailed(RequestPeer peer)
    {
        _isEnded = true;
        loop.Stop();
    }
}
