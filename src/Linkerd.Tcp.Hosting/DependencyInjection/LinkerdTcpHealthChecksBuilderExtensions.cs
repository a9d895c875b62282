using Linkerd.Tcp;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Health;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds health checks of proxies and balanced destinations.</summary>
public static class LinkerdTcpHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check of a proxy of the container. Unhealthy: it does not listen, or no name of its listeners has an endpoint that can take a connection. Degraded: a name has no such endpoint, an endpoint is
    /// ejected or drained, or endpoints are kept without a good answer of the resolver. The data has the state of each name.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the proxy, and of the check.</param>
    /// <param name="failureStatus">The status in place of unhealthy. Default: <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">The tags of the check. Default: none.</param>
    public static IHealthChecksBuilder AddTcpProxy(this IHealthChecksBuilder builder, string name, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.Add(new HealthCheckRegistration(name, services => new ProxyCheck(services.GetRequiredKeyedService<ProxyHost>(name)), failureStatus, tags));
    }

    /// <summary>
    /// Adds a check of a destination of the container. Unhealthy: its name was not resolved, or no endpoint can take a connection. Degraded: an endpoint is ejected or drained, or endpoints are kept without a
    /// good answer of the resolver.
    /// </summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the destination, and of the check.</param>
    /// <param name="failureStatus">The status in place of unhealthy. Default: <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">The tags of the check. Default: none.</param>
    public static IHealthChecksBuilder AddTcpDestination(this IHealthChecksBuilder builder, string name, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.Add(new HealthCheckRegistration(name, services => new DestinationCheck(services.GetRequiredKeyedService<Destination>(name)), failureStatus, tags));
    }
}
