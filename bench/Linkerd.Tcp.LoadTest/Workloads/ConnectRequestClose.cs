using System.Diagnostics;
using Linkerd.Tcp.LoadTest.Measuring;
using Linkerd.Tcp.LoadTest.Running;
using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Workloads;

/// <summary>Connect, one round trip, close, again: what does a connection cost?</summary>
internal sealed record ConnectRequestClose(string Name, int Connections, int PayloadBytes) : Workload(Name, Connections)
{
    public override RunResult Run(LoadSession session)
    {
        var clients = new Clients(session);
        clients.Start(Connections, PayloadBytes);
        var window = session.Measure(clients.RunFor);
        clients.FailStalled();
        return session.Report(window) with
        {
            PayloadBytes = PayloadBytes,
            Operations = window.Operations,
            OperationsPerSecond = window.Operations / window.Seconds,
            CpuPerUnit = Per(window.CpuSeconds * MicrosecondsPerSecond, window.Operations),
            CpuUnit = "us/connection",
        };
    }

    public override Workload With(int? connections, int? bytes, long? bulkRate) =>
        this with { Connections = connections ?? Connections, PayloadBytes = bytes ?? PayloadBytes };

    private sealed class Clients(LoadSession session) : IRequestOwner
    {
        // Whoever failed waits for the next slice: where ports ran out, at once would be too soon.
        private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(10);
        private readonly List<RequestPeer> _peers = [];
        private readonly List<RequestPeer> _failed = [];

        public void Start(int connections, int payload)
        {
            for (var i = 0; i < connections; i++)
            {
                var peer = new RequestPeer(session.Traffic, this, payload);
                _peers.Add(peer);
                peer.Open();
            }
        }

        /// <summary>Counts connections that have been under way since before the last window.</summary>
        public void FailStalled()
        {
            foreach (var _ in _peers.Where(peer => peer.Descriptor >= 0 && peer.Started < session.WindowBegin))
            {
                session.Traffic.Fail("client: no answer in the whole window");
            }
        }

        public void RunFor(TimeSpan time)
        {
            var begin = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(begin) is var elapsed && elapsed < time && !session.Traffic.Errors.IsTooMany)
            {
                session.RunFor(Slice < time - elapsed ? Slice : time - elapsed);
                var failed = _failed.ToArray();
                _failed.Clear();
                foreach (var peer in failed)
                {
                    peer.Open();
                }
            }
        }

        public bool OnEcho(RequestPeer peer, long now)
        {
            session.Traffic.Operations++;
            session.Traffic.Latencies.Add(now - peer.Started);
            peer.Close();
            peer.Open();
            return false;
        }

        public void OnFailed(RequestPeer peer) => _failed.Add(peer);
    }
}
