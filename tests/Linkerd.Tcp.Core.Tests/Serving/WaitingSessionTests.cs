using System.Net;
using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Sessions that wait for a free place, and those for which there is nothing to wait for.</summary>
public sealed class WaitingSessionTests
{
    [Fact]
    public Task Waiting_PlacesBecomeFree_FirstInFirstOut() => RunAsync(async (bed, backend) =>
    {
        var first = await bed.ConnectServedAsync(backend);
        var waiting = new List<TransportConnection>();
        for (var i = 0; i < 5; i++)
        {
            waiting.Add(await bed.ConnectAsync());
            await waiting[i].SendTextAsync($"{i}");
            await bed.UntilAsync(() => bed.Destination.PendingSessions == waiting.Count);
        }

        first.Abort();
        for (var i = 0; i < 5; i++)
        {
            await bed.UntilAsync(() => backend.Accepted.Count == i + 2);
            Assert.Equal($"{i}", await backend.Accepted[i + 1].ReadTextAsync(1));
            Assert.Equal(4 - i, bed.Destination.PendingSessions);
            waiting[i].Abort();
        }
    });

    [Fact]
    public Task Waiting_QueueIsFull_NextIsRefused() => RunAsync(
        async (bed, backend) =>
        {
            var first = await bed.ConnectServedAsync(backend);
            var second = await bed.ConnectAsync();
            await second.SendTextAsync("y");
            await bed.UntilAsync(() => bed.Destination.PendingSessions == 1);
            await bed.ConnectRefusedAsync();
            await bed.UntilAsync(() => bed.Refused("pending_full") == 1);
            first.Abort();
            await bed.UntilAsync(() => backend.Accepted.Count == 2);
            Assert.Equal("y", await backend.Accepted[1].ReadTextAsync(1));
        },
        options => options.With(own => own.MaxPendingSessions = 1));

    [Fact]
    public Task Waiting_DeadlineIsOver_IsResetAndOthersKeepTheirOrder() => RunAsync(async (bed, backend) =>
    {
        var first = await bed.ConnectServedAsync(backend);
        var second = await bed.ConnectAsync();
        await bed.DelayAsync(9_000);
        var third = await bed.ConnectAsync();
        await third.SendTextAsync("z");
        await SimulatedProxy.ExpectResetAsync(second);
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 10, 10.2);
        await bed.UntilAsync(() => bed.Closed("sQ") == 1);
        first.Abort();
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
        Assert.Equal("z", await backend.Accepted[1].ReadTextAsync(1));
    });

    [Fact]
    public Task Waiting_ClientSendsFin_KeepsItsPlaceAndItsBytes() => RunAsync(async (bed, backend) =>
    {
        var first = await bed.ConnectServedAsync(backend);
        var second = await bed.ConnectAsync();
        await second.SendTextAsync("request");
        second.ShutdownSend();
        await bed.DelayAsync(2_000);
        first.Abort();
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
        Assert.Equal("request", await backend.Accepted[1].ReadTextAsync(7));
        await backend.Accepted[1].SendTextAsync("answer");
        Assert.Equal("answer", await second.ReadTextAsync(6));
    });

    [Fact]
    public Task Waiting_ClientResets_ItsServerConnectionIsNeverOpened() => RunAsync(async (bed, backend) =>
    {
        var first = await bed.ConnectServedAsync(backend);
        var second = await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Destination.PendingSessions == 1);

        // Both at once: the place is free before anybody has looked for the client.
        second.Abort();
        first.Abort();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        Assert.Equal((1, 1.0), (backend.Endpoint.Attempts, bed.Closed("CQ")));
    });

    [Fact]
    public Task Waiting_AfterAnAttemptFailed_IsNotGivenTheSameEndpoint() => RunWithTwoAsync(async (bed, full, refusing, first) =>
    {
        var second = await bed.ConnectAsync();
        await second.SendTextAsync("y");
        await bed.UntilAsync(() => bed.Destination.PendingSessions == 1);
        await bed.DelayAsync(500);
        Assert.Equal((1, 1), (refusing.Endpoint.Attempts, bed.Proxy.ActiveSessions - 1));
        first.Abort();
        await bed.UntilAsync(() => full.Accepted.Count == 2);
        Assert.Equal("y", await full.Accepted[1].ReadTextAsync(1));
        Assert.Equal(1, refusing.Endpoint.Attempts);
    });

    [Fact]
    public Task Waiting_AfterAnAttemptFailed_NextTakesThePlaceThatItDoesNotWant() => RunWithTwoAsync(async (bed, _, refusing, _) =>
    {
        await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Destination.PendingSessions == 1);
        refusing.Endpoint.Heal();
        await bed.ConnectServedAsync(refusing);
        Assert.InRange(bed.Scheduler.Elapsed.TotalMilliseconds, 0, 500);
        Assert.Equal(1, bed.Destination.PendingSessions);
    });

    [Fact]
    public Task Waiting_AfterAnAttemptFailed_TakesAnyPlaceAfterASecond() => RunWithTwoAsync(async (bed, _, refusing, _) =>
    {
        var second = await bed.ConnectAsync();
        await second.SendTextAsync("y");
        await bed.UntilAsync(() => bed.Destination.PendingSessions == 1);
        refusing.Endpoint.Heal();
        await bed.DelayAsync(1_000);
        await bed.ConnectAsync();
        await bed.UntilAsync(() => refusing.Accepted.Count == 1);
        Assert.Equal("y", await refusing.Accepted[0].ReadTextAsync(1));
    });

    [Fact]
    public Task Waiting_OnlyEndpointsThatItHasTriedAreLeft_TriesThemAgain() => RunWithTwoAsync(async (bed, full, refusing, _) =>
    {
        var second = await bed.ConnectAsync();
        await second.SendTextAsync("y");
        await bed.UntilAsync(() => bed.Destination.PendingSessions == 1);
        refusing.Endpoint.Heal();
        bed.Destination.FindEndpoint(full.Address)!.Drain();
        await bed.ConnectAsync();
        await bed.UntilAsync(() => refusing.Accepted.Count == 1);
        Assert.InRange(bed.Scheduler.Elapsed.TotalMilliseconds, 0, 900);
    });

    [Fact]
    public Task Connect_EveryEndpointDrains_IsRefusedAtOnce() => RunAsync(async (bed, backend) =>
    {
        bed.Destination.Balancer.Endpoints[0].Drain();
        await bed.ConnectRefusedAsync();
        Assert.InRange(bed.Scheduler.Elapsed.TotalMilliseconds, 0, 100);
        await bed.UntilAsync(() => bed.Refused("no_endpoint") == 1);
        bed.Destination.Balancer.Endpoints[0].Undrain();
        await bed.ConnectServedAsync(backend);
    });

    [Fact]
    public Task Waiting_EveryEndpointDrainsMeanwhile_IsRefused() => RunAsync(async (bed, backend) =>
    {
        var first = await bed.ConnectServedAsync(backend);
        var second = await bed.ConnectAsync();
        await bed.UntilAsync(() => bed.Destination.PendingSessions == 1);
        bed.Destination.Balancer.Endpoints[0].Drain();
        first.Abort();
        await SimulatedProxy.ExpectResetAsync(second);
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 0, 9);
    });

    [Fact]
    public Task Connect_SourceAddresses_AreUsedInTurn() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.AddBackendAsync();
        IPAddress[] sources = [IPAddress.Parse("10.9.0.1"), IPAddress.Parse("10.9.0.2"), IPAddress.Parse("fd00::1")];
        Array.ForEach(sources, bed.ProxyHost.AddAddress);
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()], Connect = new ConnectOptions { SourceAddresses = sources } });
        await bed.ResolvedAsync();
        for (var i = 0; i < 6; i++)
        {
            await bed.ConnectServedAsync(backend);
        }

        var used = backend.Accepted.Select(connection => ((IPEndPoint)connection.RemoteEndPoint!).Address).ToHashSet();
        Assert.Equal([sources[0], sources[1]], used.OrderBy(address => address.ToString()));
    });

    // One of two places is taken; the endpoint of the other refuses, once, and would have room.
    private static Task RunWithTwoAsync(Func<SimulatedProxy, SimulatedBackend, SimulatedBackend, TransportConnection, Task> test) => SimulatedProxy.RunAsync(async bed =>
    {
        SimulatedBackend[] backends = [await bed.AddBackendAsync(), await bed.AddBackendAsync()];
        bed.Resolver.Update(EndpointSet.Create(backends.Select(backend => backend.Address)));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] }, balancing: new BalancerOptions { MaxConnections = 1 });
        await bed.ResolvedAsync();
        var first = await bed.ConnectAsync();
        await first.SendTextAsync("x");
        await bed.UntilAsync(() => backends.Any(backend => backend.Accepted.Count == 1));
        var full = backends.Single(backend => backend.Accepted.Count == 1);
        var refusing = backends.Single(backend => backend != full);
        Assert.Equal("x", await full.Accepted[0].ReadTextAsync(1));
        refusing.Endpoint.Refuse();
        await test(bed, full, refusing, first);
    });

    private static Task RunAsync(Func<SimulatedProxy, SimulatedBackend, Task> test, Func<DestinationOptions, DestinationOptions>? configure = null) =>
        SimulatedProxy.RunAsync(async bed =>
        {
            var backend = await bed.AddBackendAsync();
            bed.Resolver.Update(EndpointSet.Create(backend.Address));
            await bed.StartAsync(
                new TcpProxyOptions { Listeners = [bed.NewListener()] }, configure: configure, balancing: new BalancerOptions { MaxConnections = 1 });
            await bed.ResolvedAsync();
            await test(bed, backend);
        });
}
