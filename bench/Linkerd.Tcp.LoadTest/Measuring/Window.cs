namespace Linkerd.Tcp.LoadTest.Measuring;

/// <summary>The counts and costs between two moments.</summary>
internal sealed record Window(double Seconds, long Operations, long Bytes, double CpuSeconds, double LoadCpuSeconds, double OtherCpuSeconds, LatencySummary? Latency);
