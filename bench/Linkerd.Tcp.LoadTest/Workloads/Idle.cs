using Linkerd.Tcp.LoadTest.Measuring;
using Linkerd.Tcp.LoadTest.Running;

namespace Linkerd.Tcp.LoadTest.Workloads;

/// <summary>Connections that are held and do nothing: what memory do they take, and is it given back?</summary>
internal sealed record Idle(string Name, int Connections, int PayloadBytes) : Workload(Name, Connections)
{
    private const double BytesPerKilobyte = 1_000;
    private const double MillisecondsPerSecond = 1_000;
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Holding = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Closing = TimeSpan.FromSeconds(2);

    public override RunResult Run(LoadSession session)
    {
        var (residentBefore, descriptorsBefore) = (session.Proxy.ReadResidentBytes(), session.Proxy.CountDescriptors());
        var clients = new PingPongClients(session, Connections, PayloadBytes, goesOn: false);
        clients.Open();
        session.RunFor(Settling);
        var (residentHolding, descriptorsHolding) = (session.Proxy.ReadResidentBytes(), session.Proxy.CountDescriptors());
        var window = session.Measure(session.RunFor, warmUp: TimeSpan.Zero, measured: Holding);
        var report = session.Report(window);
        clients.Close();
        session.RunFor(Closing);
        return report with
        {
            PayloadBytes = PayloadBytes,
            CpuPerUnit = window.CpuSeconds * MillisecondsPerSecond / window.Seconds,
            CpuUnit = "ms/s while held",
            Idle = new()
            {
                ResidentBytesBefore = residentBefore,
                ResidentBytesHolding = residentHolding,
                ResidentBytesAfter = session.Proxy.ReadResidentBytes(),
                KilobytesPerConnection = (residentHolding - residentBefore) / BytesPerKilobyte / Connections,
                DescriptorsBefore = descriptorsBefore,
                DescriptorsHolding = descriptorsHolding,
                DescriptorsAfter = session.Proxy.CountDescriptors(),
            },
            Errors = session.Traffic.Errors.Total,
        };
    }

    public override Workload With(int? connections, int? bytes, long? bulkRate) =>
        this with { Connections = connections ?? Connections, PayloadBytes = bytes ?? PayloadBytes };
}
