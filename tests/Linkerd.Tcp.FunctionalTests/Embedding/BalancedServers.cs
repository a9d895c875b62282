using System.Net;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>A destination of its own, of addresses, without a proxy.</summary>
internal sealed class BalancedServers : IAsyncDisposable
{
    private readonly StaticResolver _resolver;
    private readonly DestinationRegistry _registry;

    private BalancedServers(IEnumerable<EndPoint> endPoints)
    {
        _resolver = new StaticResolver(endPoints);
        _registry = new DestinationRegistry(_resolver);
        Destination = _registry.Get(DstPath.Parse("/svc/web"));
    }

    public Destination Destination { get; }

    /// <summary>The connections that count as load now.</summary>
    public long Load => Destination.Balancer.Endpoints.Sum(static endpoint => endpoint.Load);

    public static async Task<BalancedServers> StartAsync(params IEnumerable<EndPoint> endPoints)
    {
        var servers = new BalancedServers(endPoints);
        await servers.Destination.WaitResolvedAsync(TestContext.Current.CancellationToken);
        return servers;
    }

    /// <summary>Other servers from now on.</summary>
    public void Set(EndpointSet endpoints) => _resolver.Update(endpoints);

    /// <summary>Every connection is given back in the end.</summary>
    public Task WaitUnusedAsync() => Eventually.IsTrueAsync(() => Load == 0, () => $"{Load} connections still count as load");

    public ValueTask DisposeAsync() => _registry.DisposeAsync();
}
