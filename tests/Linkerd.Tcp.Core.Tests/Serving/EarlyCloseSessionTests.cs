using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Resolving;
using Linkerd.Tcp.Tests.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Who ended a session first, and what its endpoint learns of that.</summary>
public sealed class EarlyCloseSessionTests
{
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    public Task ServerEndsAtOnce_IsEjected(bool withReset, bool clientSpeaks) => RunAsync(
        connection => EndAsync(connection, withReset),
        async (bed, endpoint) =>
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(EjectionCause.None, endpoint.EjectionCauses);
                await SessionAsync(bed, async client =>
                {
                    if (clientSpeaks)
                    {
                        await client.TrySendAsync("hello"u8.ToArray());
                    }

                    await client.ReadToEndAsync();
                });
            }

            Assert.Equal(EjectionCause.EarlyCloses, endpoint.EjectionCauses);
            Assert.Equal(1, bed.Logs.Count(3010));
            bed.Counters.Observe();
            Assert.Equal(1, bed.Counters.Observed["linkerd.tcp.endpoints{destination=/svc/web,state=ejected}"]);
            Assert.Equal(1, bed.Counters.Observed["linkerd.tcp.endpoints{destination=/svc/web,state=last_resort}"]);
        });

    [Fact]
    public Task ServerEndsAtOnceAndTheClientLater_IsEjected() => RunAsync(
        connection => EndAsync(connection, withReset: false),
        async (bed, endpoint) =>
        {
            for (var i = 0; i < 3; i++)
            {
                // The server's end was early, however long the client takes to answer it.
                await SessionAsync(bed, async client =>
                {
                    await client.ReadToEndAsync();
                    await bed.DelayAsync(5000);
                });
            }

            Assert.Equal(EjectionCause.EarlyCloses, endpoint.EjectionCauses);
        });

    [Fact]
    public Task ServerSaysSomething_IsNot() => RunAsync(
        async connection =>
        {
            await connection.SendAsync("x"u8.ToArray());
            await EndAsync(connection, withReset: false);
        },
        (bed, endpoint) => ExpectNoneAsync(bed, endpoint, async client => await client.ReadToEndAsync()));

    [Fact]
    public Task ServerEndsAfterTheWindow_IsNot() => SimulatedProxy.RunAsync(bed => RunAsync(
        bed,
        async connection =>
        {
            await bed.DelayAsync(101);
            await EndAsync(connection, withReset: false);
        },
        endpoint => ExpectNoneAsync(bed, endpoint, async client => await client.ReadToEndAsync())));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task ClientEndsFirst_IsNot(bool withReset) => RunAsync(
        async connection =>
        {
            await connection.ReadToEndAsync();
            await EndAsync(connection, withReset: false);
        },
        (bed, endpoint) => ExpectNoneAsync(bed, endpoint, client => EndAsync(client, withReset)));

    [Fact]
    public Task ProxyEndsIt_IsNot() => RunAsync(
        connection => Task.CompletedTask,
        (bed, endpoint) => ExpectNoneAsync(bed, endpoint, async client => await client.ReadToEndAsync()),
        new DuplexOptions { Lifetime = TimeSpan.FromMilliseconds(50), LifetimeJitter = 0 });

    private static async Task EndAsync(TransportConnection connection, bool withReset)
    {
        if (withReset)
        {
            connection.Abort();
        }
        else
        {
            connection.ShutdownSend();
            await connection.ReadToEndAsync();
        }

        await connection.DisposeAsync();
    }

    private static async Task ExpectNoneAsync(SimulatedProxy bed, ServerEndpoint endpoint, Func<TransportConnection, Task> client)
    {
        for (var i = 0; i < 10; i++)
        {
            await SessionAsync(bed, client);
        }

        Assert.Equal((10, EjectionCause.None), (endpoint.Picks, endpoint.EjectionCauses));
    }

    private static async Task SessionAsync(SimulatedProxy bed, Func<TransportConnection, Task> run)
    {
        var client = await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Destination.Balancer.Endpoints.Sum(endpoint => endpoint.Open) > 0 || bed.Proxy.ActiveSessions == 0);
        await run(client);
        await client.DisposeAsync();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
    }

    private static Task RunAsync(Func<TransportConnection, Task> serve, Func<SimulatedProxy, ServerEndpoint, Task> test, DuplexOptions? duplex = null) =>
        SimulatedProxy.RunAsync(bed => RunAsync(bed, serve, endpoint => test(bed, endpoint), duplex));

    /// <summary>One endpoint that takes all sessions, and one of weight 0, so that the first may be ejected.</summary>
    private static async Task RunAsync(SimulatedProxy bed, Func<TransportConnection, Task> serve, Func<ServerEndpoint, Task> test, DuplexOptions? duplex = null)
    {
        bed.Balancing = new BalancerOptions { Breaker = new CircuitBreakerOptions { EarlyCloses = 3 } };
        var backend = await bed.AddBackendAsync(serve);
        var other = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(new WeightedAddress(backend.Address, 1), new WeightedAddress(other.Address, 1)));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()], Duplex = duplex ?? new DuplexOptions() });
        await bed.Scheduler.RunElsewhereAsync(() => Assert.True(SpinWait.SpinUntil(() => bed.Destination.Updates > 0, TimeSpan.FromSeconds(30))));
        bed.Destination.Balancer.Endpoints[1].OverrideWeight(0);
        await test(bed.Destination.Balancer.Endpoints[0]);
    }
}
