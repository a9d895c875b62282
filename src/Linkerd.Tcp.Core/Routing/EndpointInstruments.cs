using System.Diagnostics.Metrics;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Diagnostics;

namespace Linkerd.Tcp.Routing;

/// <summary>
/// Creates the metrics of each endpoint, at most ten series for one, in a meter of its own (<see cref="LinkerdTcpTelemetry.EndpointMeterName"/>), so that a listener can do without.
/// The instruments are observable: the state of endpoints is read at collection, and an endpoint that has gone has no series.
/// </summary>
internal static class EndpointInstruments
{
    private static readonly KeyValuePair<string, object?> Receive = new(InstrumentNames.Direction, "receive");
    private static readonly KeyValuePair<string, object?> Transmit = new(InstrumentNames.Direction, "transmit");

    /// <param name="parent">The meter of the registry. Its tags are those of the new one, and it is the scope of it.</param>
    /// <param name="endpoints">The endpoints.</param>
    /// <returns>The meter. The caller disposes it.</returns>
    public static Meter Create(Meter parent, MeasuredEndpoints endpoints)
    {
        var meter = new Meter(new MeterOptions(LinkerdTcpTelemetry.EndpointMeterName) { Version = parent.Version, Tags = parent.Tags, Scope = parent });
        meter.CreateObservableUpDownCounter(InstrumentNames.EndpointOpen, () => Each(endpoints, static endpoint => endpoint.Open), "{connection}", "Open connections to each endpoint.");
        meter.CreateObservableUpDownCounter(InstrumentNames.EndpointPending, () => Each(endpoints, static endpoint => endpoint.Pending), "{connection}", "Connections to each endpoint that are being established.");
        meter.CreateObservableCounter(InstrumentNames.EndpointPicks, () => Each(endpoints, static endpoint => endpoint.Picks), "{pick}", "Picks of each endpoint.");
        meter.CreateObservableCounter(
            InstrumentNames.EndpointFailures, () => Each(endpoints, static endpoint => endpoint.ConnectFailures), "{attempt}", "Attempts to connect to each endpoint that failed, without those for which it is not to blame.");
        meter.CreateObservableCounter(InstrumentNames.EndpointEjections, () => Each(endpoints, static endpoint => endpoint.Ejections), "{ejection}", "Ejections of each endpoint.");
        meter.CreateObservableCounter(InstrumentNames.EndpointIo, () => Bytes(endpoints), "By", "Bytes of sessions by endpoint and direction, as seen from the proxy.");
        meter.CreateObservableGauge(InstrumentNames.EndpointBreaker, () => Each(endpoints, Breaker), "{state}", "The state of the breaker of each endpoint: 0 closed, 1 half open, 2 open.");
        meter.CreateObservableGauge(InstrumentNames.EndpointWeight, () => Each(endpoints, static endpoint => endpoint.EffectiveWeight), "{weight}", "The weight of each endpoint for new sessions: less in slow start, 0 while it is ejected or draining.");
        meter.CreateObservableGauge(InstrumentNames.EndpointCheck, () => Checks(endpoints), "{result}", "The last active check of each endpoint: 1 passed, 0 failed.");
        meter.CreateObservableUpDownCounter(InstrumentNames.EndpointsOmitted, () => Omitted(endpoints), "{endpoint}", "Endpoints without series, as the limit is reached.");
        return meter;
    }

    private static IEnumerable<Measurement<T>> Each<T>(MeasuredEndpoints endpoints, Func<ServerEndpoint, T> value)
        where T : struct
    {
        foreach (var measured in endpoints.Select())
        {
            yield return new(value(measured.Endpoint), measured.Tags);
        }
    }

    private static IEnumerable<Measurement<long>> Bytes(MeasuredEndpoints endpoints)
    {
        foreach (var (measured, fromServer, toServer) in endpoints.CountBytes())
        {
            yield return new(fromServer, measured.Tags[0], measured.Tags[1], Receive);
            yield return new(toServer, measured.Tags[0], measured.Tags[1], Transmit);
        }
    }

    private static IEnumerable<Measurement<long>> Checks(MeasuredEndpoints endpoints)
    {
        foreach (var measured in endpoints.Select())
        {
            if (measured.Endpoint.History.LastCheckPassed is { } passed)
            {
                yield return new(passed ? 1 : 0, measured.Tags);
            }
        }
    }

    private static long Omitted(MeasuredEndpoints endpoints)
    {
        endpoints.Select();
        return endpoints.Omitted;
    }

    private static long Breaker(ServerEndpoint endpoint) => endpoint.Breaker switch
    {
        BreakerState.Closed => 0,
        BreakerState.HalfOpen => 1,
        _ => 2,
    };
}
