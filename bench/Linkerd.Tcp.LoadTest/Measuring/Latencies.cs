using System.Diagnostics;
using HdrHistogram;

namespace Linkerd.Tcp.LoadTest.Measuring;

/// <summary>A histogram of times, exact to a thousandth.</summary>
internal sealed class Latencies
{
    private const long Longest = 60_000_000_000;
    private const double NanosecondsPerMicrosecond = 1_000;
    private static readonly double NanosecondsPerTick = 1e9 / Stopwatch.Frequency;
    private readonly LongHistogram _histogram = new(1_000, Longest, 3);

    public void Add(long ticks) => _histogram.RecordValue(Math.Clamp((long)(ticks * NanosecondsPerTick), 1, Longest));

    public void Reset() => _histogram.Reset();

    /// <summary>The percentiles so far, or nothing where there are no times.</summary>
    public LatencySummary? Summarize() => _histogram.TotalCount == 0
        ? null
        : new(At(50), At(99), At(99.9), _histogram.GetMaxValue() / NanosecondsPerMicrosecond);

    private double At(double percentile) => _histogram.GetValueAtPercentile(percentile) / NanosecondsPerMicrosecond;
}
