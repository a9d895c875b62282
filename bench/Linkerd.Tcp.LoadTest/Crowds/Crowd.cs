using System.Globalization;
using Linkerd.Tcp.LoadTest.Loop;
using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Crowds;

/// <summary>All clients connect at once, send a message and wait for its echo.</summary>
internal sealed class Crowd(CrowdSettings settings) : CrowdRound(settings)
{
    private const int PayloadBytes = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public override string Header => "p99 ms of connect to echo";

    protected override (double Value, string Text) Run(EventLoop loop, TrafficState traffic, Action stopProxy)
    {
        var clients = new Clients(loop, traffic, Settings.Clients);
        for (var i = 0; i < Settings.Clients; i++)
        {
            new RequestPeer(traffic, clients, PayloadBytes).Open();
        }

        loop.RunFor(Patience);
        var times = traffic.Latencies.Summarize() ?? throw new IOException("nobody got an answer");
        return (times.P99 / 1000, string.Create(
            CultureInfo.InvariantCulture, $"p50 {times.P50 / 1000:0} ms, p99 {times.P99 / 1000:0} ms, longest {times.Maximum / 1000:0} ms, {clients.Waiting} without an answer, {traffic.Errors.Total} errors"));
    }

    private sealed class Clients(EventLoop loop, TrafficState traffic, int count) : IRequestOwner
    {
        public int Waiting { get; private set; } = count;

        public bool OnEcho(RequestPeer peer, long now)
        {
            traffic.Latencies.Add(now - peer.Started);
            peer.Close();
            End();
            return false;
        }

        public void OnFailed(RequestPeer peer) => End();

        private void End()
        {
            if (--Waiting == 0)
            {
                loop.Stop();
            }
        }
    }
}
