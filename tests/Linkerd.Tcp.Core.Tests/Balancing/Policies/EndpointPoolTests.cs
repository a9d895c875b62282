using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Linkerd.Tcp.Tests.Balancing.Policies;

/// <summary>A load balancer that is written whole, against the public API alone.</summary>
public sealed class EndpointPoolTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void TryLease_Endpoint_IsCountedUntilTheLeaseEnds()
    {
        var pool = Pool(2);
        var endpoint = pool.Endpoints[1];
        Assert.True(pool.TryLease(default, endpoint, out var lease));
        Assert.Same(endpoint, lease.Endpoint);
        Assert.Equal((1, 1, 0), (endpoint.Load, endpoint.Pending, endpoint.Open));
        lease.Connected(TimeSpan.FromMilliseconds(5));
        Assert.Equal((0, 1), (endpoint.Pending, endpoint.Open));
        lease.Complete(new ConnectionReport(1, TimeSpan.FromSeconds(1), endedByServer: true));
        Assert.Equal((0, 0), (endpoint.Load, endpoint.Open));
        Assert.Equal(TimeSpan.FromMilliseconds(5), endpoint.ConnectLatency);
    }

    [Fact]
    public void TryLease_TriedDrainedFullOrLeft_IsRefused()
    {
        var pool = Pool(4, new BalancerOptions { MaxConnections = 1 });
        var endpoints = pool.Endpoints;
        ServerEndpoint[] tried = [endpoints[0]];
        Assert.False(pool.TryLease(new PickContext { Tried = tried }, endpoints[0], out var none));
        Assert.Null(none.Endpoint);
        endpoints[1].Drain();
        Assert.False(pool.TryLease(default, endpoints[1], out _));
        Assert.True(pool.TryLease(default, endpoints[2], out _));
        Assert.False(pool.TryLease(default, endpoints[2], out _));
        pool.Update(Set(3));
        Assert.False(pool.TryLease(default, endpoints[3], out _));
        Assert.True(pool.TryLease(default, endpoints[0], out _));
    }

    [Fact]
    public void TryLease_Fails_BreakerOpensAndOneProbeFollows()
    {
        var pool = Pool(2);
        var endpoint = pool.Endpoints[0];
        for (var i = 0; i < 5; i++)
        {
            Assert.True(pool.TryLease(default, endpoint, out var failing));
            failing.Failed(ConnectFailure.Refused);
        }

        Assert.Equal(BreakerState.Open, endpoint.Breaker);
        Assert.False(pool.TryLease(default, endpoint, out _));
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.True(pool.TryLease(default, endpoint, out var probe));
        Assert.True(probe.IsProbe);
        Assert.False(pool.TryLease(default, endpoint, out _));
        probe.Connected(TimeSpan.Zero);
        Assert.Equal(BreakerState.Closed, endpoint.Breaker);
        Assert.Equal(0.1, endpoint.EffectiveWeight, 3);
    }

    [Fact]
    public void TryLease_EndpointOfAnotherPool_SaysSo()
    {
        var (pool, other) = (Pool(1), Pool(1));
        Assert.Throws<ArgumentException>(() => pool.TryLease(default, other.Endpoints[0], out _));
    }

    [Fact]
    public void Update_EndpointsThatStay_KeepTheirState()
    {
        var pool = Pool(3);
        var changes = 0;
        pool.Changed += () => changes++;
        var (before, first) = (pool.Endpoints, pool.Endpoints[0]);
        Assert.True(pool.TryLease(default, first, out _));
        pool.Update(Set(2));
        Assert.Same(first, pool.Endpoints[0]);
        Assert.Equal((1, 1), (first.Load, changes));
        Assert.Equal((3, 2), (before.Count, pool.Endpoints.Count));
    }

    [Fact]
    public void LeaseAny_AllEjectedOrFullOrNone_SaysWhy()
    {
        var pool = Pool(0, new BalancerOptions { MaxConnections = 1 });
        Assert.Equal(PickResult.Empty, pool.LeaseAny(default, out _));
        pool.Update(Set(2));
        Assert.True(pool.Endpoints[0].Eject(Timeout.InfiniteTimeSpan));
        pool.Endpoints[1].Drain();
        Assert.Equal(PickResult.Picked, pool.LeaseAny(default, out var lease));
        Assert.True(lease.IsProbe);
        Assert.Equal(PickResult.Unavailable, pool.LeaseAny(default, out _));
        pool.Endpoints[1].Undrain();
        Assert.Equal(PickResult.Picked, pool.LeaseAny(default, out _));
        Assert.Equal(PickResult.AtLimit, pool.LeaseAny(default, out _));
    }

    [Fact]
    public async Task Destination_BalancerOverAPool_ServesItsEndpoints()
    {
        var resolver = new StaticResolver(Address(0), Address(1), Address(2));
        await using var destinations = new DestinationRegistry(
            _ => new DestinationOptions { Resolver = resolver, BalancerFactory = () => new FirstEndpointBalancer(new BalancerOptions { TimeProvider = _time }) }, timeProvider: _time, random: RandomSource.Seeded(1));
        var destination = destinations.Get(DstPath.Parse("/svc/web"));
        Assert.True(SpinWait.SpinUntil(() => destination.Updates > 0, TimeSpan.FromSeconds(30)));
        Assert.Equal(3, destination.Snapshot().Endpoints.Length);
        destination.FindEndpoint(Address(0))!.Drain();
        Assert.Equal(PickResult.Picked, destination.Balancer.Pick(default, out var lease));
        Assert.Equal(Address(1), lease.Endpoint!.Address);
    }

    private static IPEndPoint Address(int number) => new(IPAddress.Loopback, 1000 + number);

    private static EndpointSet Set(int count) => EndpointSet.Create(Enumerable.Range(0, count).Select(Address));

    private EndpointPool Pool(int count, BalancerOptions? options = null)
    {
        options ??= new BalancerOptions();
        (options.TimeProvider, options.Random) = (_time, RandomSource.Seeded(1));
        var pool = new EndpointPool(options);
        pool.Update(Set(count));
        return pool;
    }

    /// <summary>The first endpoint that takes the session: the example of docs/embed.md.</summary>
    private sealed class FirstEndpointBalancer(BalancerOptions options) : ILoadBalancer
    {
        private readonly EndpointPool _pool = new(options);

        public event Action? Changed
        {
            add => _pool.Changed += value;
            remove => _pool.Changed -= value;
        }

        public IReadOnlyList<ServerEndpoint> Endpoints => _pool.Endpoints;

        public void Update(EndpointSet endpoints) => _pool.Update(endpoints);

        public PickResult Pick(in PickContext context, out EndpointLease lease)
        {
            var endpoints = _pool.Endpoints;
            for (var i = 0; i < endpoints.Count; i++)
            {
                if (_pool.TryLease(in context, endpoints[i], out lease))
                {
                    return PickResult.Picked;
                }
            }

            return _pool.LeaseAny(in context, out lease);
        }
    }
}
