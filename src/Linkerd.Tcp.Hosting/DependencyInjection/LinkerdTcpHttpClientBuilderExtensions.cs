using Linkerd.Tcp;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Connects clients of HTTP by balanced destinations.</summary>
public static class LinkerdTcpHttpClientBuilderExtensions
{
    /// <summary>
    /// Makes a client connect to a destination of the container, whatever the address of a request: each connection goes to an endpoint that the destination picks, and a connect that fails is retried on
    /// another one. The handler does TLS for addresses with https, as without it. Requests on one connection go to one endpoint.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="name">The name of the destination, as in <see cref="LinkerdTcpServiceCollectionExtensions.AddTcpDestination(IServiceCollection, string, string, Action{Linkerd.Tcp.Hosting.DestinationConfiguration}?)"/>.</param>
    public static IHttpClientBuilder UseTcpDestination(this IHttpClientBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.UseSocketsHttpHandler((handler, services) =>
            handler.ConnectCallback = services.GetRequiredKeyedService<Destination>(name).ToConnectCallback());
    }
}
