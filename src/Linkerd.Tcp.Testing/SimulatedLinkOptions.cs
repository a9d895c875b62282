namespace Linkerd.Tcp.Testing;

/// <summary>Represents the path of connections: how long bytes take, and how many fit. Changes apply at once, to established connections too.</summary>
public sealed class SimulatedLinkOptions
{
    /// <summary>Gets or sets the time of one way, 0 or more. Default: 1 ms.</summary>
    public TimeSpan Latency { get; set => field = NotNegative(value); } = TimeSpan.FromMilliseconds(1);

    /// <summary>Gets or sets the most that is added to the latency, drawn anew for each segment; their order is kept. Default: 0.</summary>
    public TimeSpan Jitter { get; set => field = NotNegative(value); }

    /// <summary>Gets or sets the bandwidth of each direction of a connection in bytes per second, 1 or more. Default: null, no limit.</summary>
    public long? BytesPerSecond { get; set => field = value is null ? null : Positive(value.Value); }

    /// <summary>Gets or sets the number of bytes that each side's kernel takes from its application before they are acknowledged, 1 or more. Default: 64 KiB.</summary>
    public int SendBuffer { get; set => field = (int)Positive(value); } = 64 * 1024;

    /// <summary>Gets or sets the number of bytes that each side's kernel holds for its application, 1 or more. Default: 64 KiB.</summary>
    public int ReceiveBuffer { get; set => field = (int)Positive(value); } = 64 * 1024;

    /// <summary>
    /// Gets or sets a value that indicates whether reads, writes and segments come in random sizes, so that a message may arrive in any pieces; otherwise they are as large as possible. Default: true.
    /// </summary>
    public bool Splits { get; set; } = true;

    /// <summary>Gets or sets the size of the largest segment on the wire. Default: 16 KiB.</summary>
    internal int MaxSegment { get; set; } = 16 * 1024;

    /// <summary>Draws options: from a fast clean link with ample buffers to a slow one with tiny buffers.</summary>
    internal static SimulatedLinkOptions Draw(Random random)
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

    internal SimulatedLinkOptions Copy() => (SimulatedLinkOptions)MemberwiseClone();

    private static TimeSpan NotNegative(TimeSpan value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
        return value;
    }

    private static long Positive(long value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
        return value;
    }
}
