using System.Diagnostics.Metrics;

namespace Linkerd.Tcp.Diagnostics;

/// <summary>Represents the metrics of TLS on one side of a proxy. Members may be called from any thread, and allocate nothing.</summary>
internal sealed class TlsInstruments
{
    // A handshake takes 0.2 ms of CPU, a round trip or two, and at most the timeout of some seconds.
    private static readonly InstrumentAdvice<double> Buckets = new() { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };

    private readonly KeyValuePair<string, object?> _side;
    private readonly Counter<long> _handshakes;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _truncated;
    private readonly Histogram<double> _duration;
    private long _active;

    /// <param name="meter">The meter of the instruments.</param>
    /// <param name="side">The side, in the words of the tag.</param>
    private TlsInstruments(Meter meter, string side)
    {
        _side = new(InstrumentNames.Side, side);
        _handshakes = meter.CreateCounter<long>(InstrumentNames.TlsHandshakes, "{handshake}", "TLS handshakes that succeeded, by version, and by whether they resumed a session.");
        _failures = meter.CreateCounter<long>(InstrumentNames.TlsHandshakeFailures, "{handshake}", "TLS handshakes that failed or were refused, by cause.");
        _truncated = meter.CreateCounter<long>(InstrumentNames.TlsTruncated, "{stream}", "Streams that the peer ended without close_notify.");
        _duration = meter.CreateHistogram(InstrumentNames.TlsHandshakeDuration, "s", "TLS handshakes that succeeded, from the start to the end.", tags: null, Buckets);
        meter.CreateObservableUpDownCounter(InstrumentNames.TlsHandshakesActive, () => new Measurement<long>(Volatile.Read(ref _active), _side), "{handshake}", "TLS handshakes under way.");
    }

    /// <summary>Creates the metrics of handshakes with clients.</summary>
    public static TlsInstruments OfClients(Meter meter) => new(meter, "downstream");

    /// <summary>Creates the metrics of handshakes with servers.</summary>
    public static TlsInstruments OfServers(Meter meter) => new(meter, "upstream");

    /// <summary>Called when a handshake begins; <see cref="End"/> follows.</summary>
    public void Begin() => Interlocked.Increment(ref _active);

    public void End() => Interlocked.Decrement(ref _active);

    /// <param name="version">The version; a string that lives on.</param>
    /// <param name="isResumed">True if a session was resumed; null if the provider does not tell, as SslStream.</param>
    /// <param name="elapsed">The time since <see cref="Begin"/>.</param>
    public void Succeeded(string version, bool? isResumed, TimeSpan elapsed)
    {
        if (isResumed is { } resumed)
        {
            _handshakes.Add(1, _side, new(InstrumentNames.Version, version), new(InstrumentNames.Resumed, resumed ? "true" : "false"));
        }
        else
        {
            _handshakes.Add(1, _side, new(InstrumentNames.Version, version));
        }

        _duration.Record(elapsed.TotalSeconds, _side);
    }

    /// <param name="cause">The cause; a string that lives on.</param>
    public void Failed(string cause) => _failures.Add(1, _side, new(InstrumentNames.Cause, cause));

    /// <summary>Called when the peer has ended a stream without close_notify.</summary>
    public void Truncated() => _truncated.Add(1, _side);
}
