using System.Text;
using Linkerd.Tcp.Security;
using Linkerd.Tcp.Tests.Security;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp.Tests.Sessions;

/// <summary>The look for a server name, in virtual time.</summary>
public sealed class ServerNamePreludeTests
{
    private static readonly byte[] Hello = new HelloBuilder().WithName("www.example.com").WithProtocols("h2").Bytes();

    [Fact]
    public Task Client_IsSilent_GoesToTheDefaultAtTheTimeoutAndNoEarlier() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(Routed(bed));
        var client = await bed.ConnectAsync();
        await bed.DelayAsync(4900);
        Assert.Empty(backend.Accepted);
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 5, 5.2);
        await backend.Accepted[0].SendTextAsync("220 ready");
        Assert.Equal("220 ready", await client.ReadTextAsync(9));
        await client.SendTextAsync("EHLO");
        Assert.Equal("EHLO", await backend.Accepted[0].ReadTextAsync(4));
        await client.SendAllAsync(Hello);
        Assert.Equal(Hello, await backend.Accepted[0].ReadAsync(Hello.Length));
    }, seeds: 5);

    [Fact]
    public Task Client_BeginsAHelloAndStops_GoesToTheDefaultWithItsBytes() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(Routed(bed));
        for (var length = 1; length < Hello.Length; length += 7)
        {
            var client = await bed.ConnectAsync();
            await client.SendAllAsync(Hello.AsMemory(0, length));
            await bed.UntilAsync(() => backend.Accepted.Count == 1);
            await client.SendAllAsync(Hello.AsMemory(length));
            Assert.Equal(Hello, await backend.Accepted[0].ReadAsync(Hello.Length));
            await bed.EndAsync(client);
            backend.Accepted.Clear();
        }
    });

    [Fact]
    public Task Client_IsSilentAndThereIsNoDefault_IsResetAtTheTimeout() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(new TcpProxyOptions { Listeners = [Routed(bed).With(own => own.Destination = null)] });
        var client = await bed.ConnectAsync();
        await SimulatedProxy.ExpectResetAsync(client);
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 5, 5.2);
        await bed.UntilAsync(() => bed.Closed("cA") == 1);
    });

    [Fact]
    public Task Client_IsSilentOnAnEngineThatCannotEndAReceive_IsResetAMomentLater() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Carry = static inner => new FaultyTransport(inner, "none", isClient: true);
        var backend = await bed.StartAsync(Routed(bed));
        var client = await bed.ConnectAsync();
        await SimulatedProxy.ExpectResetAsync(client);
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 5.2, 5.6);
        await bed.UntilAsync(() => bed.Closed("cA") == 1);
        Assert.Empty(backend.Accepted);
        Assert.Equal(0, bed.Proxy.ActiveSessions);
    });

    [Fact]
    public Task Client_IsSilentAndThereIsNoTimeout_WaitsForItsHello() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(Routed(bed).With(own => own.PreludeTimeout = Timeout.InfiniteTimeSpan));
        var client = await bed.ConnectAsync();
        await bed.DelayAsync(3_600_000);
        Assert.Empty(backend.Accepted);
        await client.SendTextAsync("GET /");
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal("GET /", await backend.Accepted[0].ReadTextAsync(5));
    });

    [Fact]
    public Task Client_LeavesWhileItIsLookedAt_EndsQuietlyAndGivesItsPlacesBack() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(Routed(bed).With(own => { own.MaxSessions = 1; own.MaxSessionsPerClient = 1; }), destinationSessions: 1);
        foreach (var bytes in new[] { string.Empty, "\u0016\u0003" })
        {
            var client = await bed.ConnectAsync();
            await client.SendAllAsync(Encoding.Latin1.GetBytes(bytes));
            await bed.DelayAsync(100);
            await bed.EndAsync(client);
        }

        Assert.Equal(2, bed.Closed("CA"));
        Assert.Empty(backend.Accepted);
        Assert.Equal((0, 0), (bed.Logs.Count(4005), bed.Logs.Count(4101)));
        await bed.ConnectServedAsync(backend);
    });

    [Fact]
    public Task Proxy_IsDrainedAtTheTimeout_SessionEndsOnce() => SimulatedProxy.RunAsync(async bed =>
    {
        await bed.StartAsync(Routed(bed));
        var clients = new List<TransportConnection>();
        for (var i = 0; i < 10; i++)
        {
            clients.Add(await bed.ConnectAsync());
        }

        await bed.DelayAsync(4990);
        await bed.Proxy.DrainAsync(TimeSpan.FromMilliseconds(bed.Random.Next(40)), CancellationToken.None);
        Assert.Equal(0, bed.Proxy.ActiveSessions);
        Assert.All(bed.Router.Destinations.SelectMany(static destination => destination.Balancer.Endpoints), static endpoint => Assert.Equal(0, endpoint.Load));
        clients.ForEach(static client => client.Abort());
    }, seeds: 20);

    [Fact]
    public Task Limits_OfClientsAndDestinations_HoldByTheNameOfTheRule() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(Routed(bed).With(own => own.MaxSessionsPerClient = 2), destinationSessions: 1);
        var one = await bed.ConnectAsync();
        await one.SendAllAsync(Hello);
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        var refused = await bed.ConnectAsync();
        await refused.SendAllAsync(Hello);
        await SimulatedProxy.ExpectResetAsync(refused);
        await bed.UntilAsync(() => bed.Refused("destination_sessions") == 1);
        Assert.Contains(
            "to /svc/www was refused: destination_sessions, server name 'www.example.com', ALPN h2", bed.Logs.Entries.Single(static entry => entry.Id == 4005).Message, StringComparison.Ordinal);
        var other = await bed.ConnectAsync();
        await other.SendTextAsync("plain");
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
        await bed.EndAsync(one);
        await bed.EndAsync(other);

        // Of the listener, and of the look-up here.
        Assert.Equal((2, 0), (bed.Destination.Use.Holds, bed.Router.Destinations.Single(static destination => destination.Name.ToString() == "/svc/www").Use.Holds));
        await bed.ConnectServedAsync(backend);
    });

    /// <summary>A member that throws, on a connection that is routed, and on one that is refused with an alert.</summary>
    [Theory]
    [InlineData("RemoteEndPoint")]
    [InlineData("Executor")]
    [InlineData("Post")]
    [InlineData("Deadline")]
    [InlineData("Arm")]
    [InlineData("Disarm")]
    [InlineData("UnreadBytes")]
    [InlineData("ReceiveAsync")]
    [InlineData("Advance")]
    [InlineData("SendAsync")]
    [InlineData("ShutdownSend")]
    [InlineData("WaitAcknowledgedAsync")]
    [InlineData("Abort")]
    [InlineData("DisposeAsync")]
    public Task Connection_Throws_SessionEndsAndItsPlacesAreGivenBack(string member) => SimulatedProxy.RunAsync(async bed =>
    {
        FaultyTransport transport = null!;
        bed.Carry = inner => transport = new FaultyTransport(inner, member, isClient: true);
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [Routed(bed).With(static own => { own.Destination = null; own.MaxSessions = 1; own.MaxSessionsPerClient = 1; })] }, destinationSessions: 1);
        transport.IsFaulty = true;
        foreach (var hello in new[] { Hello, new HelloBuilder().WithName("unknown.test").Bytes() })
        {
            var client = await bed.ConnectAsync();
            await client.TrySendAsync(hello);
            await bed.DelayAsync(100);
            client.Abort();
            await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        }

        transport.IsFaulty = false;
        Assert.All(transport.Connections, static connection => Assert.True(connection.IsDisposed));
        var count = backend.Accepted.Count;
        var served = await bed.ConnectAsync();
        await served.SendAllAsync(Hello);
        await bed.UntilAsync(() => backend.Accepted.Count > count);
        await bed.EndAsync(served);
        Assert.Equal((0, 0), (bed.Router.Destinations.Single().Use.Holds, bed.Router.Destinations.Single().SessionLimit!.Active));
    });

    private static ListenerOptions Routed(SimulatedProxy bed) => bed.NewListener().With(static own => own.ServerNameRules = [ServerNameRule.Parse("*.example.com=/svc/{1}")]);
}
