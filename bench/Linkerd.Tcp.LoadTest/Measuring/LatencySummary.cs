namespace Linkerd.Tcp.LoadTest.Measuring;

/// <summary>Percentiles in microseconds.</summary>
internal sealed record LatencySummary(double P50, double P99, double P999, double Maximum);
