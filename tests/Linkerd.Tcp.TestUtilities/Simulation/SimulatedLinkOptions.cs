namespace Linkerd.Tcp.TestUtilities.Simulation;

/// <summary>How the two directions of a simulated connection behave.</summary>
public sealed record SimulatedLinkOptions
{
    /// <summary>The time of one way. Default: 1 ms.</summary>
    public TimeSpan Latency { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>What is added to it at most, drawn anew for each segment; order is kept. Default: none.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Bytes that each side's kernel takes from its application before they are acknowledged. Default: 64 KiB.</summary>
    public int SendBuffer { get; init; } = 64 * 1024;

    /// <summary>Bytes that each side's kernel holds for its application. Default: 64 KiB.</summary>
    public int ReceiveBuffer { get; init; } = 64 * 1024;

    /// <summary>The largest segment on the wire. Default: 16 KiB.</summary>
    public int MaxSegment { get; init; } = 16 * 1024;

    /// <summary>Whether reads, writes and segments come in random sizes; otherwise as large as they can be. Default: true.</summary>
    public bool Splits { get; init; } = true;

    /// <summary>Draws options: from a fast clean link with ample buffers to a slow one with tiny buffers.</summary>
    public static SimulatedLinkOptions Draw(Random random)
    {
        return new SimulatedLinkOptions
        {
            Latency = TimeSpan.FromMicroseconds(SimulatedNetwork.DrawSize(random, 50_000)),
            Jitter = TimeSpan.FromMicroseconds(SimulatedNetwork.DrawSize(random, 20_000) - 1),
            SendBuffer = 2048 + SimulatedNetwork.DrawSize(random, 256 * 1024),
            ReceiveBuffer = 2048 + SimulatedNetwork.DrawSize(random, 256 * 1024),
            MaxSegment = 512 + SimulatedNetwork.DrawSize(random, 32 * 1024),
        };
    }
}
