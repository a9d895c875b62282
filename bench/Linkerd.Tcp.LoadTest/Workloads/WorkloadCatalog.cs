using Linkerd.Tcp.LoadTest.Traffic;

namespace Linkerd.Tcp.LoadTest.Workloads;

/// <summary>All workloads, in the order of the report.</summary>
internal static class WorkloadCatalog
{
    private const int MessageBytes = 64;
    private const int LargeMessageBytes = 1024;

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
    ];

    public static Workload? Find(string name) => All.FirstOrDefault(workload => workload.Name == name);

    /// <summary>The names, for messages and help.</summary>
    public static string Names => string.Join(", ", All.Select(static workload => workload.Name));
}
