using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Linkerd.Tcp.Hosting.Health;

/// <summary>Checks a destination of the container.</summary>
internal sealed class DestinationCheck(Destination destination) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var health = DestinationHealth.Of(destination);
        var status = health.Status == HealthStatus.Unhealthy ? context.Registration.FailureStatus : health.Status;
        return Task.FromResult(new HealthCheckResult(status, $"{destination.Name}: {health.Text}", data: new Dictionary<string, object> { [destination.Name.ToString()] = health.Text }));
    }
}

/// <summary>Checks a proxy of the container: its listeners, and the destinations of their names.</summary>
internal sealed class ProxyCheck(ProxyHost proxy) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var addresses = proxy.LocalEndPoints;
        if (addresses.Count == 0)
        {
            return Task.FromResult(new HealthCheckResult(context.Registration.FailureStatus, "the proxy does not listen: it was not started yet, or is stopping"));
        }

        var data = new Dictionary<string, object> { ["listeners"] = string.Join(", ", addresses), ["sessions"] = proxy.ActiveSessions };
        var found = new List<DestinationHealth>();
        foreach (var router in proxy.Routers)
        {
            // Names that only clients choose are not among them: a client decides whether they exist.
            var names = router.Proxy.Options.Listeners.Select(static listener => listener.Destination).OfType<DstPath>().ToHashSet();
            foreach (var destination in router.Destinations.Destinations.Where(destination => names.Contains(destination.Name)))
            {
                var health = DestinationHealth.Of(destination);
                found.Add(health);
                data[$"{router.Label} {destination.Name}"] = health.Text;
            }
        }

        // One name without an endpoint is not the end of the others.
        var unhealthy = found.Count(static health => health.Status == HealthStatus.Unhealthy);
        var status = unhealthy > 0 && unhealthy == found.Count ? context.Registration.FailureStatus
            : found.TrueForAll(static health => health.Status == HealthStatus.Healthy) ? HealthStatus.Healthy
            : HealthStatus.Degraded;
        var description = status == HealthStatus.Healthy ? null : string.Join("; ", found.Where(static health => health.Status != HealthStatus.Healthy).Select(static health => health.Text).Distinct());
        return Task.FromResult(new HealthCheckResult(status, description, data: data));
    }
}
