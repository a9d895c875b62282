using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Server connections that are made before they are needed.</summary>
public sealed class PreconnectTests
{
    [Fact]
    public Task Start_ConnectionsAreMadeAhead_AndUsedYoungestFirst() => RunAsync(connections: 3, async (bed, backend) =>
    {
        await bed.UntilAsync(() => backend.Accepted.Count == 3);
        var started = bed.Scheduler.Elapsed;
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("hello");

        // One way to the proxy and one on to the server, and the handshake with the proxy: none with the server.
        Assert.Equal("hello", await backend.Accepted[2].ReadTextAsync(5));
        Assert.InRange((bed.Scheduler.Elapsed - started).TotalMilliseconds, 3, 5);

        // Another is made in its place.
        await bed.UntilAsync(() => backend.Accepted.Count == 4);
        await bed.DelayAsync(5000);
        Assert.Equal((4, 4L), (backend.Accepted.Count, bed.Destination.Balancer.Endpoints.Sum(endpoint => endpoint.Open)));
    });

    [Fact]
    public Task Idle_TooLong_IsClosedAndAnotherMade() => RunAsync(connections: 2, async (bed, backend) =>
    {
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
        await bed.DelayAsync(32_000);
        Assert.Equal(4, backend.Accepted.Count);
        Assert.True(backend.Accepted[0].HasPeerClosed && backend.Accepted[1].HasPeerClosed);
        Assert.Equal(2, bed.Destination.Balancer.Endpoints[0].Load);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Idle_ServerCloses_IsNeverHandedOut(bool resets) => RunAsync(connections: 3, async (bed, backend) =>
    {
        await bed.UntilAsync(() => backend.Accepted.Count == 3);
        End(backend.Accepted[1], resets);
        End(backend.Accepted[2], resets);
        await bed.DelayAsync(2);
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("hello");
        Assert.Equal("hello", await backend.Accepted[0].ReadTextAsync(5));
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Taken_ServerClosesBeforeTheClientSpeaks_IsReplacedUnseen(bool resets) => RunAsync(connections: 1, async (bed, backend) =>
    {
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        var client = await bed.ConnectAsync();
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
        End(backend.Accepted[0], resets);
        await bed.UntilAsync(() => backend.Accepted.Count == 3);
        await client.SendTextAsync("hello");

        // A fresh one, not the other that was made ahead.
        Assert.Equal("hello", await backend.Accepted[2].ReadTextAsync(5));
        await backend.Accepted[2].SendTextAsync("world");
        Assert.Equal("world", await client.ReadTextAsync(5));
        await bed.EndAsync(client);
        await bed.UntilAsync(() => bed.Closed("CD") == 1);
        Assert.Equal(1, bed.Destination.Balancer.Endpoints[0].Load);
    });

    [Fact]
    public Task Taken_ServerGoneForGood_ClientIsReset() => RunAsync(connections: 1, async (bed, backend) =>
    {
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        var client = await bed.ConnectAsync();
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
        backend.Endpoint.Refuse();
        backend.Accepted[0].Abort();
        await SimulatedProxy.ExpectResetAsync(client);
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
    });

    [Fact]
    public Task Taken_ServerSpeaksFirst_ClientGetsIt() => RunAsync(connections: 1, async (bed, backend) =>
    {
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        await backend.Accepted[0].SendTextAsync("220 ready");
        await bed.DelayAsync(10);
        var client = await bed.ConnectAsync();
        Assert.Equal("220 ready", await client.ReadTextAsync(9));
    });

    [Fact]
    public Task Endpoint_Drains_ItsConnectionsAreClosedAndMadeElsewhere() => SimulatedProxy.RunAsync(async bed =>
    {
        var first = await bed.AddBackendAsync();
        var second = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(first.Address, second.Address));
        await StartAsync(bed, connections: 10);
        await bed.UntilAsync(() => first.Accepted.Count + second.Accepted.Count == 10);

        // Half of them, more or less: the pool is filled from two threads, of which one is not the simulation's.
        var before = first.Accepted.Count;
        Assert.InRange(before, 3, 7);
        var drained = bed.Destination.Balancer.Endpoints.Single(endpoint => endpoint.Address.Equals(first.Address));
        drained.Drain();
        await bed.DelayAsync(3000);
        Assert.Equal((0L, before, 10), (drained.Load, first.Accepted.Count, second.Accepted.Count));
        Assert.All(first.Accepted, connection => Assert.True(connection.HasPeerClosed));

        // Nor when it has left.
        bed.Resolver.Update(EndpointSet.Create(first.Address));
        await bed.ResolvedAsync(updates: 2);
        await bed.DelayAsync(3000);
        Assert.All(second.Accepted, connection => Assert.True(connection.HasPeerClosed));
    });

    [Fact]
    public Task Endpoint_Refuses_IsNotHammered() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.AddBackendAsync();
        backend.Endpoint.Refuse();
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await StartAsync(bed, connections: 100);
        await bed.DelayAsync(60_000);
        Assert.InRange(backend.Endpoint.Attempts, 10, 16 * 20);
        backend.Endpoint.Heal();
        await bed.DelayAsync(7000);
        Assert.Equal(100, backend.Accepted.Count);
    });

    [Fact]
    public Task Drain_Proxy_ClosesThem() => RunAsync(connections: 4, async (bed, backend) =>
    {
        await bed.UntilAsync(() => backend.Accepted.Count == 4);
        Assert.Equal(0, await bed.Proxy.DrainAsync(TimeSpan.Zero, CancellationToken.None));
        await bed.DelayAsync(5);
        Assert.All(backend.Accepted, connection => Assert.True(connection.HasPeerClosed));
        Assert.Equal((0L, 0), (bed.Destination.Balancer.Endpoints[0].Load, bed.ProxyHost.Descriptors));
    });

    private static void End(TransportConnection connection, bool resets)
    {
        if (resets)
        {
            connection.Abort();
        }
        else
        {
            connection.ShutdownSend();
        }
    }

    private static Task RunAsync(int connections, Func<SimulatedProxy, SimulatedBackend, Task> test) => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await StartAsync(bed, connections);
        await test(bed, backend);
    });

    private static async Task StartAsync(SimulatedProxy bed, int connections)
    {
        await bed.StartAsync(
            new TcpProxyOptions { Listeners = [bed.NewListener()], Connect = new ConnectOptions { ConnectTimeout = TimeSpan.FromSeconds(2) } },
            configure: options => options.With(own => own.Preconnect = new PreconnectOptions { Connections = connections }));
        await bed.ResolvedAsync();
    }
}
