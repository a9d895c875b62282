using System.Diagnostics.Metrics;

namespace Linkerd.Tcp.Diagnostics;

/// <summary>The instruments of connecting to servers.</summary>
internal sealed class ConnectInstruments(Meter meter)
{
    private readonly Counter<long> _attempts = meter.CreateCounter<long>(InstrumentNames.ConnectAttempts, "{attempt}", "Attempts to connect to an endpoint.");
    private readonly Counter<long> _failures = meter.CreateCounter<long>(InstrumentNames.ConnectFailures, "{attempt}", "Attempts that failed, by cause.");
    private readonly Histogram<double> _duration = meter.CreateHistogram<double>(InstrumentNames.ConnectDuration, "s", "How long successful attempts took.");

    public void Attempted() => _attempts.Add(1);

    public void Failed(string cause) => _failures.Add(1, new KeyValuePair<string, object?>(InstrumentNames.Cause, cause));

    public void Connected(TimeSpan elapsed) => _duration.Record(elapsed.TotalSeconds);
}
