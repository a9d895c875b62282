using System.Diagnostics.Metrics;
using Linkerd.Tcp.Diagnostics;

namespace Linkerd.Tcp.Routing;

/// <summary>Creates the metrics of a registry's destinations. The instruments are observable: values are read only at collection, and no event is counted twice.</summary>
internal static class DestinationInstruments
{
    public static void Create(Meter meter, DestinationRegistry registry)
    {
        meter.CreateObservableUpDownCounter(InstrumentNames.Destinations, () => Count(registry), "{destination}", "Destinations, by the origin of their name.");
        meter.CreateObservableCounter(InstrumentNames.DestinationsEvicted, () => Evicted(registry), "{destination}", "Destinations of names that clients chose that were evicted, by cause.");
        meter.CreateObservableCounter(
            InstrumentNames.DestinationsRefused, () => registry.Table.Refused, "{request}", "Requests for a name that a client chose, beyond the limit.");
        meter.CreateObservableUpDownCounter(InstrumentNames.Endpoints, () => Endpoints(registry), "{endpoint}", "Endpoints of each destination, by state.");
        meter.CreateObservableUpDownCounter(InstrumentNames.EndpointConnections, () => Connections(registry), "{connection}", "Server connections of each destination, open and pending.");
        meter.CreateObservableCounter(InstrumentNames.Checks, () => Checks(registry), "{check}", "Active checks of each destination's endpoints, by result.");
        meter.CreateObservableUpDownCounter(
            InstrumentNames.SessionsWaiting, () => Each(registry, static destination => (long)destination.PendingSessions), "{session}", "Sessions that wait for a resolution or a free endpoint now.");
        meter.CreateObservableCounter(
            InstrumentNames.SessionsWaited, () => Each(registry, static destination => destination.Waiters.Total), "{session}", "Sessions that have waited.");
        meter.CreateObservableCounter(InstrumentNames.ResolverUpdates, () => Each(registry, static destination => destination.Updates), "{update}", "Good answers of each destination's resolver.");
        meter.CreateObservableCounter(InstrumentNames.ResolverFailures, () => Each(registry, static destination => destination.Failures), "{failure}", "Answers against which the last endpoints were kept.");
        meter.CreateObservableGauge(InstrumentNames.ResolverAge, () => Each(registry, static destination => destination.Age.TotalSeconds), "s", "For how long the endpoints have been kept without a good answer.");
        meter.CreateObservableGauge(
            InstrumentNames.ResolverStale, () => Each(registry, static destination => destination.IsStale ? 1L : 0L), "{name}", "1 where the endpoints are remembered from an earlier run and not confirmed.");
    }

    private static IEnumerable<Measurement<T>> Each<T>(DestinationRegistry registry, Func<Destination, T> value)
        where T : struct
    {
        foreach (var destination in registry.Destinations)
        {
            yield return new(value(destination), Tag(destination));
        }
    }

    private static IEnumerable<Measurement<long>> Count(DestinationRegistry registry)
    {
        var named = registry.Table.ClientNamed;
        yield return new(Math.Max(0, registry.Destinations.Count() - named), new KeyValuePair<string, object?>(InstrumentNames.Kind, "fixed"));
        yield return new(named, new KeyValuePair<string, object?>(InstrumentNames.Kind, "client_named"));
    }

    private static IEnumerable<Measurement<long>> Evicted(DestinationRegistry registry)
    {
        var (idle, unbound) = registry.Table.Evicted;
        yield return new(idle, new KeyValuePair<string, object?>(InstrumentNames.Cause, "idle"));
        yield return new(unbound, new KeyValuePair<string, object?>(InstrumentNames.Cause, "unbound"));
    }

    private static IEnumerable<Measurement<long>> Endpoints(DestinationRegistry registry)
    {
        foreach (var destination in registry.Destinations)
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

    private static IEnumerable<Measurement<long>> Checks(DestinationRegistry registry)
    {
        foreach (var destination in registry.Destinations)
        {
            if (destination.Health.Checks is { } checks)
            {
                yield return new(checks.Passed, Tag(destination), new(InstrumentNames.Result, "passed"));
                yield return new(checks.Failed, Tag(destination), new(InstrumentNames.Result, "failed"));
                yield return new(checks.Inconclusive, Tag(destination), new(InstrumentNames.Result, "inconclusive"));
            }
        }
    }

    private static IEnumerable<Measurement<long>> Connections(DestinationRegistry registry)
    {
        foreach (var destination in registry.Destinations)
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
