using Linkerd.Tcp.LoadTest.Measuring;
using Linkerd.Tcp.LoadTest.Running;

namespace Linkerd.Tcp.LoadTest.Workloads;

/// <summary>A closed loop on connections that stay open: what does a small message cost?</summary>
internal sealed record PingPong(string Name, int Connections, int PayloadBytes) : Workload(Name, Connections)
{
    public override RunResult Run(LoadSession session)
    {
        var clients = new PingPongClients(session, Connections, PayloadBytes, goesOn: true);
        clients.Open();
        var window = session.Measure(session.RunFor);
        clients.FailStalled();
        return session.Report(window) with
        {
            PayloadBytes = PayloadBytes,
            Operations = window.Operations,
            OperationsPerSecond = window.Operations / window.Seconds,
            CpuPerUnit = Per(window.CpuSeconds * MicrosecondsPerSecond, window.Operations),
            CpuUnit = "us/round trip",
        };
    }

    public override Workload With(int? connections, int? bytes, long? bulkRate) =>
        this with { Connections = connections ?? Connections, PayloadBytes = bytes ?? PayloadBytes };
}
