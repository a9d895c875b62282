namespace Linkerd.Tcp.LoadTest.Measuring;

/// <summary>What one run of one workload measured.</summary>
internal sealed record RunResult
{
    public required string Workload { get; init; }

    public required int Connections { get; init; }

    public int? PayloadBytes { get; init; }

    /// <summary>Bytes per second that the bulk sender was held to, where it was.</summary>
    public long? BulkRate { get; init; }

    /// <summary>The length of the measured window.</summary>
    public double Seconds { get; init; }

    /// <summary>Round trips, or connections, in the window.</summary>
    public long? Operations { get; init; }

    public double? OperationsPerSecond { get; init; }

    /// <summary>Bulk bytes that arrived in the window.</summary>
    public long? Bytes { get; init; }

    public double? BytesPerSecond { get; init; }

    /// <summary>CPU time of the proxy in the window.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>CPU time of the proxy by what it did; see <see cref="CpuUnit"/>.</summary>
    public double? CpuPerUnit { get; init; }

    public string? CpuUnit { get; init; }

    /// <summary>CPU time by wall time: 1 is one core without a pause.</summary>
    public double ProxyBusy { get; init; }

    /// <summary>The same for this process. Near 1, it was the load that was measured.</summary>
    public double LoadBusy { get; init; }

    /// <summary>The same for all else on the machine, interrupts included.</summary>
    public double OthersBusy { get; init; }

    public LatencySummary? Latency { get; init; }

    /// <summary>The share of the clients' TLS handshakes in the window that resumed a session.</summary>
    public double? ClientsResumed { get; init; }

    /// <summary>The same for the proxy's handshakes with the backend.</summary>
    public double? ServersResumed { get; init; }

    /// <summary>Resident memory of the proxy at the end of the window.</summary>
    public long ResidentBytes { get; init; }

    public IdleResult? Idle { get; init; }

    public int Errors { get; init; }

    public IReadOnlyDictionary<string, int> ErrorKinds { get; init; } = new Dictionary<string, int>();
}
