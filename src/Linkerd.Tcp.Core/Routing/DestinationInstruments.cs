using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;

namespace Linkerd.Tcp.Routing;

/// <summary>Creates the metrics of a registry's destinations. The instruments are observable: values are read only at collection, and no event is counted twice.</summary>
internal static class DestinationInstruments
{
    public static void Create(Meter meter, DestinationRegistry router)
    {
        meter.CreateObservableUpDownCounter(InstrumentNames.Destinations, () => Count(router), "{destination}", "Destinations, by who has named them.");
        meter.CreateObservableCounter(InstrumentNames.DestinationsEvicted, () => Evicted(router), "{destination}", "Destinations of names that clients chose that were evicted, by cause.");
        meter.CreateObservableCounter(
            InstrumentNames.DestinationsRefused, () => router.Table.Refused, "{request}", "Requests for a name that a client chose, beyond the most that there may be.");
        meter.CreateObservableUpDownCounter(InstrumentNames.Endpoints, () => Endpoints(router), "{endpoint}", "Endpoints of each destination, by state.");
        meter.CreateObservableUpDownCounter(InstrumentNames.EndpointConnections, () => Connections(router), "{connection}", "Server connections of each destination, open and pending.");
        meter.CreateObservableCounter(InstrumentNames.Checks, () => Checks(router), "{check}", "Active checks of each destination's endpoints, by result.");
        meter.CreateObservableUpDownCounter(
            InstrumentNames.SessionsWaiting, () => Each(router, static destination => (long)destination.PendingSessions), "{session}", "Sessions that wait for a resolution or a free endpoint now.");
        meter.CreateObservableCounter(
            InstrumentNames.SessionsWaited, () => Each(router, static destination => destination.Waiters.Total), "{session}", "Sessions that have waited.");
        meter.CreateObservableCounter(InstrumentNames.ResolverUpdates, () => Each(router, static destination => destination.Updates), "{update}", "Good answers of each destination's resolver.");
        meter.CreateObservableCounter(InstrumentNames.ResolverFailures, () => Each(router, static destination => destination.Failures), "{failure}", "Answers against which the last endpoints were kept.");
        meter.CreateObservableGauge(InstrumentNames.ResolverAge, () => Each(router, static destination => destination.Age.TotalSeconds), "s", "For how long the endpoints have been kept without a good answer.");
        meter.CreateObservableGauge(
            InstrumentNames.ResolverStale, () => Each(router, static destination => destination.IsStale ? 1L : 0L), "{name}", "1 where the endpoints are remembered from an earlier run and not confirmed.");
    }

    private static IEnumerable<Measurement<T>> Each<T>(DestinationRegistry router, Func<Destination, T> value)
        where T : struct
    {
        foreach (var destination in router.Destinations)
        {
            yield return new(value(destination), Tag(destination));
        }
    }

    private static IEnumerable<Measurement<long>> Count(DestinationRegistry router)
    {
        var named = router.Table.ClientNamed;
        yield return new(Math.Max(0, router.Destinations.Count() - named), new KeyValuePair<string, object?>(InstrumentNames.Kind, "fixed"));
        yield return new(named, new KeyValuePair<string, object?>(InstrumentNames.Kind, "client_named"));
    }

    private static IEnumerable<Measurement<long>> Evicted(DestinationRegistry router)
    {
        var (idle, unbound) = router.Table.Evicted;
        yield return new(idle, new KeyValuePair<string, object?>(InstrumentNames.Cause, "idle"));
        yield return new(unbound, new KeyValuePair<string, object?>(InstrumentNames.Cause, "unbound"));
    }

    private static IEnumerable<Measurement<long>> Endpoints(DestinationRegistry router)
    {
        foreach (var destination in router.Destinations)
        {
            var (available, ejected, draining, lastResort) = (0, 0, 0, 0);
            foreach (var endpoint in destination.Balancer.Endpoints)
            {
                // Each endpoint counts once, in the state that keeps sessions away from it for the longest time.
                _ = endpoint.IsDraining ? draining++ : endpoint.IsEjected ? ejected++ : endpoint.Weight == 0 ? lastResort++ : available++;
            }

            yield return new(available, Tag(destination), new(InstrumentNames.State, "available"));
            yield return new(ejected, Tag(destination), new(InstrumentNames.State, "ejected"));
            yield return new(draining, Tag(destination), new(InstrumentNames.State, "draining"));
            yield return new(lastResort, Tag(destination), new(InstrumentNames.State, "last_resort"));
        }
    }

    private static IEnumerable<Measurement<long>> Checks(DestinationRegistry router)
    {
        foreach (var destination in router.Destinations)
        {
            if (destination.Health.Checks is { } checks)
            {
                yield return new(checks.Passed, Tag(destination), new(InstrumentNames.Result, "passed"));
                yield return new(checks.Failed, Tag(destination), new(InstrumentNames.Result, "failed"));
                yield return new(checks.Inconclusive, Tag(destination), new(InstrumentNames.Result, "inconclusive"));
            }
        }
    }

    private static IEnumerable<Measurement<long>> Connections(DestinationRegistry router)
    {
        foreach (var destination in router.Destinations)
        {
            long open = 0;
            long pending = 0;
            foreach (var endpoint in destination.Balancer.Endpoints)
            {
                open += endpoint.Open;
                pending += endpoint.Pending;
            }

            yield return new(open, Tag(destination), new(InstrumentNames.State, "open"));
            yield return new(pending, Tag(destination), new(InstrumentNames.State, "pending"));
        }
    }

    private static KeyValuePair<string, object?> Tag(Destination destination) => new(InstrumentNames.Destination, destination.Name.ToString());
}
