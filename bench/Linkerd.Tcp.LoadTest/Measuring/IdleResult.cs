namespace Linkerd.Tcp.LoadTest.Measuring;

/// <summary>What connections that do nothing cost a proxy.</summary>
internal sealed record IdleResult
{
    public required long ResidentBytesBefore { get; init; }

    public required long ResidentBytesHolding { get; init; }

    public required long ResidentBytesAfter { get; init; }

    /// <summary>Growth of resident memory by connection, in units of 1,000 bytes.</summary>
    public required double KilobytesPerConnection { get; init; }

    public required int DescriptorsBefore { get; init; }

    public required int DescriptorsHolding { get; init; }

    /// <summary>Two seconds after all connections were closed.</summary>
    public required int DescriptorsAfter { get; init; }
}
