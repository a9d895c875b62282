using Linkerd.Tcp.LoadTest.Tls;
using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Workloads;

/// <summary>All workloads, in the order of the report.</summary>
internal static class WorkloadCatalog
{
    private const int MessageBytes = 64;
    private const int LargeMessageBytes = 1024;
    private const int HandshakesAtOnce = 8;

    // What the slowest proxy that was tried carries beside the ping-pongs, with room.
    private const long PacedBytesPerSecond = 200_000_000;

    public static IReadOnlyList<Workload> All { get; } =
    [
        new PingPong("ping-pong-64x1", 1, MessageBytes),
        new PingPong("ping-pong-64x64", 64, MessageBytes),
        new PingPong("ping-pong-64x512", 512, MessageBytes),
        new PingPong("ping-pong-1024x1", 1, LargeMessageBytes),
        new PingPong("ping-pong-1024x64", 64, LargeMessageBytes),
        new PingPong("ping-pong-1024x512", 512, LargeMessageBytes),
        new ConnectRequestClose("connect", 64, MessageBytes),
        new Bulk("bulk-down", 4, Role.Download),
        new Bulk("bulk-up", 4, Role.Upload),
        new Bulk("bulk-duplex", 4, Role.Duplex),
        new Idle("idle", 4_000, MessageBytes),
        new Mixed("mixed", 64, MessageBytes, BulkRate: 0),
        new Mixed("mixed-paced", 64, MessageBytes, PacedBytesPerSecond),
        .. WithTls("terminate", TlsSides.Client, new(Handshake: 1.12, Resume: 1.15, PingPong: 1.10, BulkDown: 0.90, BulkUp: 1.10)),
        .. WithTls("originate", TlsSides.Server, bars: null),
        .. WithTls("both", TlsSides.Both, bars: null),
    ];

    /// <summary>The workload of a name.</summary>
    public static Workload? Find(string name) => All.FirstOrDefault(workload => workload.Name == name);

    /// <summary>The workload of a name, or all of a group.</summary>
    public static IReadOnlyList<Workload> FindAll(string name) => [.. All.Where(workload => workload.Name == name || workload.Group == name)];

    /// <summary>The names, for messages and help.</summary>
    public static string Names => string.Join(", ", All.Select(static workload => workload.Name));

    /// <summary>The names of the groups, for messages and help.</summary>
    public static string Groups => string.Join(", ", All.Select(static workload => workload.Group).Distinct());

    private static Workload[] WithTls(string group, TlsSides sides, CpuBars? bars) =>
    [
        new ConnectRequestClose($"{group}-handshake", HandshakesAtOnce, MessageBytes) { Tls = sides, Resumes = false, CpuBar = bars?.Handshake },
        new ConnectRequestClose($"{group}-resume", HandshakesAtOnce, MessageBytes) { Tls = sides, CpuBar = bars?.Resume },
        new PingPong($"{group}-ping-pong", 64, MessageBytes) { Tls = sides, CpuBar = bars?.PingPong },
        new Bulk($"{group}-bulk-down", 4, Role.Download) { Tls = sides, CpuBar = bars?.BulkDown },
        new Bulk($"{group}-bulk-up", 4, Role.Upload) { Tls = sides, CpuBar = bars?.BulkUp },
        new Idle($"{group}-idle", 1_000, MessageBytes) { Tls = sides },
    ];

    /// <summary>The limits of a group's CPU time, relative to the better peer.</summary>
    private sealed record CpuBars(double Handshake, double Resume, double PingPong, double BulkDown, double BulkUp);
}
