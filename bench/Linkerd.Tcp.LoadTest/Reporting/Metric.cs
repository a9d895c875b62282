using System.Globalization;
using Linkerd.Tcp.LoadTest.Measuring;

namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>One figure of a run: a column of the report.</summary>
internal sealed record Metric(string Title, Func<RunResult, double?> Read)
{
    private const double BytesPerMegabyte = 1e6;
    private const double BytesPerGigabyte = 1e9;

    public static Metric Cpu { get; } = new("CPU", static run => run.CpuPerUnit) { Unit = static run => run.CpuUnit ?? "", IsCompared = true, IsInProgress = true };

    public static Metric Operations { get; } = new("rate", static run => run.OperationsPerSecond) { Unit = static _ => "1/s", IsCompared = true, IsHigherBetter = true, IsInProgress = true };

    public static Metric Throughput { get; } = new("stream", static run => run.BytesPerSecond / BytesPerGigabyte) { Unit = static _ => "GB/s", IsCompared = true, IsHigherBetter = true, IsInProgress = true };

    public static Metric Percentile99 { get; } = new("p99", static run => run.Latency?.P99) { Unit = static _ => "us", IsCompared = true, IsInProgress = true };

    public static Metric Growth { get; } = new("RSS growth", static run => run.Idle?.KilobytesPerConnection) { Unit = static _ => "KB/connection", IsCompared = true, IsInProgress = true };

    /// <summary>All, in the order of the columns.</summary>
    public static IReadOnlyList<Metric> All { get; } =
    [
        Cpu,
        Operations,
        Throughput,
        Growth,
        new("p50", static run => run.Latency?.P50) { Unit = static _ => "us" },
        Percentile99,
        new("p99.9", static run => run.Latency?.P999) { Unit = static _ => "us" },
        new("RSS", static run => run.ResidentBytes / BytesPerMegabyte) { Unit = static _ => "MB" },
        new("RSS before", static run => run.Idle?.ResidentBytesBefore / BytesPerMegabyte) { Unit = static _ => "MB" },
        new("RSS after", static run => run.Idle?.ResidentBytesAfter / BytesPerMegabyte) { Unit = static _ => "MB" },
        new("descriptors before", static run => run.Idle?.DescriptorsBefore),
        new("descriptors", static run => run.Idle?.DescriptorsHolding),
        new("descriptors after", static run => run.Idle?.DescriptorsAfter),
        new("clients resumed", static run => run.ClientsResumed * 100) { Unit = static _ => "%" },
        new("servers resumed", static run => run.ServersResumed * 100) { Unit = static _ => "%" },
        new("proxy busy", static run => run.ProxyBusy * 100) { Unit = static _ => "%" },
        new("load busy", static run => run.LoadBusy * 100) { Unit = static _ => "%" },
        new("others busy", static run => run.OthersBusy * 100) { Unit = static _ => "%" },
        new("errors", static run => run.Errors),
    ];

    public Func<RunResult, string> Unit { get; init; } = static _ => "";

    /// <summary>Whether ours is set in relation to the better of the others.</summary>
    public bool IsCompared { get; init; }

    public bool IsHigherBetter { get; init; }

    /// <summary>Whether the line of a run that is done has it.</summary>
    public bool IsInProgress { get; init; }

    /// <summary>A count as it is; else three digits, or as many as stand before the point.</summary>
    public string Format(double value) => Math.Abs(value) switch
    {
        _ when double.IsInteger(value) => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };

    /// <summary>The unit with the title where the unit alone says too little.</summary>
    public string ShortUnit(RunResult run) => Title.StartsWith('p') ? $"{Unit(run)} {Title}" : Unit(run);
}
