using System.Diagnostics.Metrics;

namespace Linkerd.Tcp.Diagnostics;

/// <summary>The instruments of connecting to servers.</summary>
internal sealed class ConnectInstruments(Meter meter)
{
    // From a server on the same machine to the longest attempt that is usual.
    private static readonly InstrumentAdvice<double> Buckets = new() { HistogramBucketBoundaries = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };

    private readonly Counter<long> _attempts = meter.CreateCounter<long>(InstrumentNames.ConnectAttempts, "{attempt}", "Attempts to connect to an endpoint.");
    private readonly Counter<long> _failures = meter.CreateCounter<long>(InstrumentNames.ConnectFailures, "{attempt}", "Attempts that failed, by cause.");
    private readonly Histogram<double> _duration = meter.CreateHistogram(InstrumentNames.ConnectDuration, "s", "How long successful attempts took.", tags: null, Buckets);

    public void Attempted() => _attempts.Add(1);

    public void Failed(string cause) => _failures.Add(1, new KeyValuePair<string, object?>(InstrumentNames.Cause, cause));

    public void Connected(TimeSpan elapsed) => _duration.Record(elapsed.TotalSeconds);
}
