using Linkerd.Tcp;
using Linkerd.Tcp.Hosting;
using Linkerd.Tcp.Hosting.Hosted;
using Microsoft.AspNetCore.Connections;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Proxies connections of Kestrel to balanced destinations.</summary>
public static class LinkerdTcpConnectionBuilderExtensions
{
    /// <summary>Proxies the connections of an endpoint of Kestrel to a destination of the container, within the limits of <see cref="DestinationConnectionHandler"/>.</summary>
    /// <param name="builder">The endpoint, such as the options of <c>ListenAnyIP</c>.</param>
    /// <param name="name">The name of the destination.</param>
    public static IConnectionBuilder UseTcpDestination(this IConnectionBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var services = builder.ApplicationServices;
        var handler = new DestinationConnectionHandler(services.GetRequiredKeyedService<Destination>(name), loggerFactory: services.Loggers());
        return builder.Run(handler.OnConnectedAsync);
    }
}
