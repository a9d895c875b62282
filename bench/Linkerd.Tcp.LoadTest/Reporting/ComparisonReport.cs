using System.Globalization;
using System.Runtime.InteropServices;
using Linkerd.Tcp.LoadTest.Comparing;

namespace Linkerd.Tcp.LoadTest.Reporting;

/// <summary>All that a comparison found, and where: what is written as JSON.</summary>
internal sealed record ComparisonReport
{
    public required string Date { get; init; }

    public required string Kernel { get; init; }

    public required string Processor { get; init; }

    public required int Cores { get; init; }

    public required int Rounds { get; init; }

    public required double Seconds { get; init; }

    public required double WarmUpSeconds { get; init; }

    public required int ProxyCore { get; init; }

    public required int LoadCore { get; init; }

    /// <summary>What each proxy says of its version.</summary>
    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    public required IReadOnlyList<WorkloadReport> Workloads { get; init; }

    public static ComparisonReport Create(CompareSettings settings, IReadOnlyList<Cell> cells) => new()
    {
        Date = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
        Kernel = $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()} ({RuntimeInformation.OSDescription})",
        Processor = ReadProcessor(),
        Cores = Environment.ProcessorCount,
        Rounds = settings.Rounds,
        Seconds = settings.Seconds,
        WarmUpSeconds = settings.WarmUp,
        ProxyCore = settings.ProxyCore,
        LoadCore = settings.LoadCore,
        Versions = settings.Proxies.ToDictionary(static proxy => proxy.Name, static proxy => proxy.ReadVersion()),
        Workloads = [.. cells.GroupBy(static cell => cell.Workload).Select(group => WorkloadReport.Create(group.Key, settings.Workloads.First(workload => workload.Name == group.Key).Limit, [.. group]))],
    };

    private static string ReadProcessor() => File.ReadLines("/proc/cpuinfo")
        .FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
        ?? RuntimeInformation.ProcessArchitecture.ToString();
}
