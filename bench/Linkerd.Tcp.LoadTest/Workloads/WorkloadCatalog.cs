using Linkerd.Tcp.LoadTest.Reporting;
using Linkerd.Tcp.LoadTest.Tls;
using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Workloads;

/// <summary>All workloads, in the order of the report.</summary>
internal static class WorkloadCatalog
{
    private const int MessageBytes = 64;
    private const int LargeMessageBytes = 1024;
    private const int HandshakesAtOnce = 8;

    // So many that the memory that a proxy takes once, its garbage of the handshakes included, is little by connection.
    private const int IdleConnections = 4_000;

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
        new Idle("idle", IdleConnections, MessageBytes),
        new Mixed("mixed", 64, MessageBytes, BulkRate: 0),
        new Mixed("mixed-paced", 64, MessageBytes, PacedBytesPerSecond),
        .. WithTls("terminate", TlsSides.Client, new(Handshake: 1.08, Resume: 1.08, PingPong: 1.00, BulkDown: 0.80, BulkUp: 0.92, Idle: 1.00)),
        .. WithTls("originate", TlsSides.Server, new(Handshake: 1.05, Resume: 1.05, PingPong: null, BulkDown: 1.00, BulkUp: 1.00, Idle: 1.00)),
        .. WithTls("both", TlsSides.Both, limits: null),
    ];

    /// <summary>The workload of a name.</summary>
    public static Workload? Find(string name) => All.FirstOrDefault(workload => workload.Name == name);

    /// <summary>The workload of a name, or all of a group.</summary>
    public static IReadOnlyList<Workload> FindAll(string name) => [.. All.Where(workload => workload.Name == name || workload.Group == name)];

    /// <summary>The names, for messages and help.</summary>
    public static string Names => string.Join(", ", All.Select(static workload => workload.Name));

    /// <summary>The names of the groups, for messages and help.</summary>
    public static string Groups => string.Join(", ", All.Select(static workload => workload.Group).Distinct());

    private static Workload[] WithTls(string group, TlsSides sides, Limits? limits) =>
    [
        new ConnectRequestClose($"{group}-handshake", HandshakesAtOnce, MessageBytes) { Tls = sides, Resumes = false, Limit = Cpu(limits?.Handshake) },
        new ConnectRequestClose($"{group}-resume", HandshakesAtOnce, MessageBytes) { Tls = sides, Limit = Cpu(limits?.Resume) },
        new PingPong($"{group}-ping-pong", 64, MessageBytes) { Tls = sides, Limit = Cpu(limits?.PingPong) },
        new Bulk($"{group}-bulk-down", 4, Role.Download) { Tls = sides, Limit = Cpu(limits?.BulkDown) },
        new Bulk($"{group}-bulk-up", 4, Role.Upload) { Tls = sides, Limit = Cpu(limits?.BulkUp) },
        new Idle($"{group}-idle", IdleConnections, MessageBytes) { Tls = sides, Limit = limits is null ? null : Limit.Growth(limits.Idle) },
    ];

    private static Limit? Cpu(double? atMost) => atMost is { } value ? Limit.Cpu(value) : null;

    /// <summary>The limits of a group: CPU time, and of idle connections memory, relative to the better peer.</summary>
    private sealed record Limits(double Handshake, double Resume, double? PingPong, double BulkDown, double BulkUp, double Idle);
}
