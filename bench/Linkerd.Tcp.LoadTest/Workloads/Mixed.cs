using Linkerd.Tcp.LoadTest.Measuring;
using Linkerd.Tcp.LoadTest.Running;
using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Workloads;

/// <summary>One bulk stream beside ping-pongs: does it make the others wait? <paramref name="BulkRate"/> 0 is as fast as it goes.</summary>
internal sealed record Mixed(string Name, int Connections, int PayloadBytes, long BulkRate) : Workload(Name, Connections)
{
    // A piece of bulk delays the load's own ping-pongs by some ten microseconds, no more.
    private const int TurnBytes = 128 * 1024;

    public override RunResult Run(LoadSession session)
    {
        session.Verify();
        session.Traffic.TurnBytes = TurnBytes;
        session.Traffic.Pacer = BulkRate > 0 ? new(BulkRate) : null;
        Bulk.Start(session.Traffic, 1, Role.Download);
        var clients = new PingPongClients(session, Connections, PayloadBytes, goesOn: true);
        clients.Open();
        var window = session.Measure(session.RunFor);
        clients.FailStalled();
        return session.Report(window) with
        {
            PayloadBytes = PayloadBytes,
            BulkRate = BulkRate > 0 ? BulkRate : null,
            Operations = window.Operations,
            OperationsPerSecond = window.Operations / window.Seconds,
            Bytes = window.Bytes,
            BytesPerSecond = window.Bytes / window.Seconds,

            // Without a pace each proxy mixes bulk and messages as it likes, and there is no unit that all have done.
            CpuPerUnit = BulkRate > 0 ? Per(window.CpuSeconds * MicrosecondsPerSecond, window.Operations) : null,
            CpuUnit = BulkRate > 0 ? "us/round trip, the stream included" : null,
        };
    }

    public override Workload With(int? connections, int? bytes, long? bulkRate) => this with
    {
        Connections = connections ?? Connections,
        PayloadBytes = bytes ?? PayloadBytes,
        BulkRate = bulkRate ?? BulkRate,
    };
}
