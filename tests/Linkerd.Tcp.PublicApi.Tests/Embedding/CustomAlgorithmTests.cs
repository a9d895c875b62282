using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Resolving;

namespace Linkerd.Tcp.PublicApi.Tests.Embedding;

/// <summary>An algorithm of load balancing that a user writes: weights and breakers come with it.</summary>
public sealed class CustomAlgorithmTests
{
    private const int Sessions = 400;

    private static readonly DstPath Name = DstPath.Parse("/svc/web");

    [Fact]
    public async Task Policy_OfADestination_FollowsWeightsAndLeavesOutTheEjected()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var heavy = new EchoServer();
        await using var light = new EchoServer();
        var dead = await UnusedAddressAsync();
        var resolver = new StaticResolver(EndpointSet.Create(new WeightedAddress(heavy.Address, 3), new(light.Address, 1), new(dead, 1)));
        var options = new DestinationOptions
        {
            Resolver = resolver,
            BalancingPolicy = new LeastLoadPolicy(),
            Balancing = { SlowStart = { Window = TimeSpan.Zero }, Breaker = { Failures = 1 } },
        };
        await using var registry = new DestinationRegistry(_ => options);
        var destination = registry.Get(Name);
        await destination.WaitResolvedAsync(cancellationToken);

        // All are held, so that the loads grow as the weights have it; the endpoint that refuses is tried once, and ejected.
        var held = new List<Routing.BalancedConnection>();
        for (var i = 0; i < Sessions; i++)
        {
            held.Add(await destination.ConnectAsync(cancellationToken));
        }

        var endpoints = destination.Snapshot().Endpoints.ToDictionary(static endpoint => endpoint.Address);
        Assert.Equal((300, 100), (endpoints[heavy.Address].Open, endpoints[light.Address].Open));
        Assert.Equal((1, BreakerState.Open, 0.0), (endpoints[dead].Picks, endpoints[dead].Breaker, endpoints[dead].EffectiveWeight));

        foreach (var connection in held)
        {
            await connection.DisposeAsync();
        }

        Assert.All(destination.Balancer.Endpoints, static endpoint => Assert.Equal(0, endpoint.Load));
    }

    // Bound once, and not listened on: a connect is refused.
    private static async Task<EndPoint> UnusedAddressAsync()
    {
        await using var server = new EchoServer();
        return server.Address;
    }
}
