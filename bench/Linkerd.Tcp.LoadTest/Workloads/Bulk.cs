using Linkerd.Tcp.LoadTest.Measuring;
using Linkerd.Tcp.LoadTest.Running;
using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Workloads;

/// <summary>Endless streams: what does a byte cost?</summary>
internal sealed record Bulk(string Name, int Connections, Role Direction) : Workload(Name, Connections)
{
    public override RunResult Run(LoadSession session)
    {
        session.Verify();
        Start(session.Traffic, Connections, Direction);
        var window = session.Measure(session.RunFor);
        return session.Report(window) with
        {
            Bytes = window.Bytes,
            BytesPerSecond = window.Bytes / window.Seconds,
            CpuPerUnit = Per(window.CpuSeconds, window.Bytes / BytesPerGigabyte),
            CpuUnit = "s/GB",
        };
    }

    /// <summary>Opens streams; the backend does its part when it is asked to.</summary>
    public static void Start(TrafficState traffic, int connections, Role direction)
    {
        for (var i = 0; i < connections; i++)
        {
            new BulkPeer(traffic, sends: direction != Role.Download, receives: direction != Role.Upload).Open(direction);
        }
    }
}
