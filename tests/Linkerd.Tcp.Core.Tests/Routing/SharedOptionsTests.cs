using System.Net;
using System.Runtime.CompilerServices;
using Linkerd.Tcp.Balancing;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>Two names whose destinations are made of the same options.</summary>
public sealed class SharedOptionsTests
{
    private static readonly DstPath One = DstPath.Parse("/svc/one");
    private static readonly DstPath Two = DstPath.Parse("/svc/two");

    [Fact]
    public async Task Router_SameOptionsForTwoNames_EachNameKeepsItsOwnEndpoints()
    {
        var options = new DestinationOptions { Resolver = new PortResolver() };
        await using var router = new DestinationRegistry(_ => options);
        await ResolvedAsync(router.Get(One));
        await ResolvedAsync(router.Get(Two));
        Assert.Equal([PortResolver.AddressOf(One)], router.Get(One).Balancer.Endpoints.Select(endpoint => endpoint.Address));
        Assert.Equal([PortResolver.AddressOf(Two)], router.Get(Two).Balancer.Endpoints.Select(endpoint => endpoint.Address));
    }

    [Fact]
    public async Task BalancerFactory_NewOneEachTime_EachNameHasItsOwn()
    {
        var options = new DestinationOptions { Resolver = new PortResolver(), BalancerFactory = static () => LoadBalancers.Create(BalancerKind.RoundRobin) };
        await using var router = new DestinationRegistry(_ => options);
        Assert.NotSame(router.Get(One).Balancer, router.Get(Two).Balancer);
    }

    [Fact]
    public async Task BalancerFactory_SameOneTwice_IsRefusedWithBothNames()
    {
        var balancer = LoadBalancers.Create(BalancerKind.P2c);
        var options = new DestinationOptions { Resolver = new PortResolver(), BalancerFactory = () => balancer };
        await using var router = new DestinationRegistry(_ => options);
        await using var other = new DestinationRegistry(_ => options);
        Assert.Same(balancer, router.Get(One).Balancer);
        foreach (var refusing in new[] { router, other })
        {
            var error = Assert.Throws<InvalidOperationException>(() => refusing.Get(Two));
            Assert.Equal("The load balancer that BalancerFactory gave for /svc/two already serves /svc/one; a new one for each destination was expected.", error.Message);
        }
    }

    [Fact]
    public async Task BalancerFactory_RouterOfTheFirstDisposed_AnotherMayHaveIt()
    {
        var balancer = LoadBalancers.Create(BalancerKind.P2c);
        var options = new DestinationOptions { Resolver = new PortResolver(), BalancerFactory = () => balancer };
        await using (var first = new DestinationRegistry(_ => options))
        {
            first.Get(One);
        }

        await using var second = new DestinationRegistry(_ => options);
        Assert.Same(balancer, second.Get(Two).Balancer);
    }

    [Fact]
    public async Task BalancerFactory_GivesNull_SaysSo()
    {
        await using var router = new DestinationRegistry(_ => new DestinationOptions { Resolver = new PortResolver(), BalancerFactory = static () => null! });
        Assert.StartsWith("BalancerFactory gave null for /svc/one;", Assert.Throws<InvalidOperationException>(() => router.Get(One)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_OptionsFunctionGivesNull_SaysSo()
    {
        await using var router = new DestinationRegistry(_ => null!);
        var error = Assert.Throws<InvalidOperationException>(() => router.Get(One));
        Assert.Contains("/svc/one", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_RouterDisposed_NamesTheRouter()
    {
        var router = new DestinationRegistry(new StaticResolver());
        await router.DisposeAsync();
        var error = Assert.Throws<ObjectDisposedException>(() => router.Get(One));
        Assert.Equal(typeof(DestinationRegistry).FullName, error.ObjectName);
    }

    private static Task ResolvedAsync(Destination destination) => destination.WaitResolvedAsync(TestContext.Current.CancellationToken);

    /// <summary>Gives each name an address of its own.</summary>
    private sealed class PortResolver : IResolver
    {
        public static IPEndPoint AddressOf(DstPath name) => new(IPAddress.Loopback, name == One ? 8081 : 8082);

        public async IAsyncEnumerable<Resolution> WatchAsync(DstPath name, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            yield return new Resolution.Bound(EndpointSet.Create(AddressOf(name)));
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}
