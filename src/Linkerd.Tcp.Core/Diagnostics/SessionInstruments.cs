using System.Diagnostics.Metrics;

namespace Linkerd.Tcp.Diagnostics;

/// <summary>The instruments of sessions. Bytes are observed: the sessions are counted when the instruments are read, so a read or a write costs no measurement.</summary>
internal sealed class SessionInstruments
{
    // From one request to a day.
    private static readonly InstrumentAdvice<double> Buckets = new() { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600, 14400, 43200, 86400] };

    private readonly Counter<long> _accepted;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _acceptFailures;
    private readonly Histogram<double> _duration;

    /// <param name="meter">The meter of the instruments.</param>
    /// <param name="active">Sessions open now.</param>
    /// <param name="bytes">The bytes of all sessions, live ones included.</param>
    /// <param name="finished">The bytes of the sessions that have ended.</param>
    public SessionInstruments(Meter meter, Func<long> active, Func<ByteTotals> bytes, Func<ByteTotals> finished)
    {
        _accepted = meter.CreateCounter<long>(InstrumentNames.SessionsAccepted, "{session}", "Client connections accepted.");
        _closed = meter.CreateCounter<long>(InstrumentNames.SessionsClosed, "{session}", "Sessions ended, by close reason.");
        _refused = meter.CreateCounter<long>(InstrumentNames.SessionsRefused, "{session}", "Sessions that a limit of the proxy's refused, by cause.");
        _acceptFailures = meter.CreateCounter<long>(InstrumentNames.AcceptFailures, "{failure}", "Accepts that failed and were put off.");
        _duration = meter.CreateHistogram(InstrumentNames.SessionDuration, "s", "Sessions from accept to close.", tags: null, Buckets);
        meter.CreateObservableUpDownCounter(InstrumentNames.SessionsActive, active, "{session}", "Sessions open now.");
        meter.CreateObservableCounter(InstrumentNames.Io, () => Observe(bytes()), "By", "Bytes by side and direction, as seen from the proxy.");
        meter.CreateObservableCounter(
            InstrumentNames.Discarded, () => ObserveDiscarded(finished()), "By", "Bytes received from a side that the other one never took, of sessions that have ended.");
    }

    public void Accepted() => _accepted.Add(1);

    public void AcceptFailed() => _acceptFailures.Add(1);

    /// <param name="cause">The limit; a string that lives on.</param>
    public void Refused(string cause) => _refused.Add(1, new KeyValuePair<string, object?>(InstrumentNames.Cause, cause));

    /// <summary>Counts a session that was refused before it was one; it has no duration, and a flood of them would hide those of the others.</summary>
    /// <param name="reason">As of <see cref="Closed"/>.</param>
    public void ClosedUnserved(string reason) => _closed.Add(1, new KeyValuePair<string, object?>(InstrumentNames.Reason, reason));

    /// <param name="reason">The close reason's text; a string that lives on, as this is called for every session.</param>
    /// <param name="duration">From accept to close.</param>
    public void Closed(string reason, TimeSpan duration)
    {
        ClosedUnserved(reason);
        _duration.Record(duration.TotalSeconds);
    }

    private static IEnumerable<Measurement<long>> Observe(ByteTotals bytes)
    {
        yield return Measure(bytes.FromClient, "downstream", "receive");
        yield return Measure(bytes.ToClient, "downstream", "transmit");
        yield return Measure(bytes.FromServer, "upstream", "receive");
        yield return Measure(bytes.ToServer, "upstream", "transmit");
    }

    private static IEnumerable<Measurement<long>> ObserveDiscarded(ByteTotals finished)
    {
        yield return new(finished.DiscardedFromClient, new KeyValuePair<string, object?>(InstrumentNames.Side, "downstream"));
        yield return new(finished.DiscardedFromServer, new KeyValuePair<string, object?>(InstrumentNames.Side, "upstream"));
    }

    private static Measurement<long> Measure(long value, string side, string direction) =>
        new(value, new(InstrumentNames.Side, side), new(InstrumentNames.Direction, direction));
}
