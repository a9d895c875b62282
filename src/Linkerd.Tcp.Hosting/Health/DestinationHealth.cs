using System.Globalization;
using Linkerd.Tcp.Balancing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Linkerd.Tcp.Hosting.Health;

/// <summary>The health of a destination at one moment: whether its name was resolved, and the endpoints that can take connections.</summary>
internal sealed class DestinationHealth
{
    private DestinationHealth(HealthStatus status, string text) => (Status, Text) = (status, text);

    /// <summary>Gets the state: unhealthy if no endpoint can take a connection, degraded if some cannot, or if the endpoints are kept without a good answer.</summary>
    public HealthStatus Status { get; }

    /// <summary>Gets a description, such as <c>2 of 3 endpoints are available</c>.</summary>
    public string Text { get; }

    public static DestinationHealth Of(Destination destination)
    {
        var snapshot = destination.Snapshot();
        if (snapshot is { Updates: 0, IsStale: false, Endpoints.Length: 0 })
        {
            return new(HealthStatus.Unhealthy, snapshot.Resolution is Resolution.Failed failed ? $"the name was not resolved yet: {failed.Error}" : "the name was not resolved yet");
        }

        var available = snapshot.Endpoints.Count(static endpoint => endpoint is { Breaker: BreakerState.Closed, IsDraining: false });
        var isKept = snapshot.Resolution is not Resolution.Bound || snapshot.IsStale;
        var text = string.Create(CultureInfo.InvariantCulture, $"{available} of {snapshot.Endpoints.Length} endpoints are available{(isKept ? ", which are kept without a good answer of the resolver" : string.Empty)}");
        return new(available == 0 ? HealthStatus.Unhealthy : isKept || available < snapshot.Endpoints.Length ? HealthStatus.Degraded : HealthStatus.Healthy, text);
    }
}
