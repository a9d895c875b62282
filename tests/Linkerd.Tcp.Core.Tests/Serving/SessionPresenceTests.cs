using Linkerd.Tcp.Tests.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>What a client does while its session waits for a server.</summary>
public sealed class SessionPresenceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public Task Waiting_ClientResets_EndsAtTheNextLookAndNothingIsConnectedEver() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartPendingAsync(bed);
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("early");
        await bed.DelayAsync(700);
        Assert.Equal(1, bed.Proxy.ActiveSessions);
        var reset = bed.Scheduler.Elapsed;
        client.Abort();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        Assert.InRange(bed.Scheduler.Elapsed - reset, TimeSpan.Zero, TimeSpan.FromMilliseconds(255));
        Assert.Equal(1, bed.Closed("CQ"));

        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.ResolvedAsync();
        await bed.DelayAsync(60_000);
        Assert.Equal((0, 0), (backend.Endpoint.Attempts, bed.Counters.Count("linkerd.tcp.connect.attempts")));
        Assert.Equal(0, bed.ProxyHost.Descriptors);
        Assert.Equal(0, bed.Logs.Count(4101));
    });

    [Fact]
    public Task Waiting_ClientResetsWhileConnecting_TheAttemptIsGivenUp() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        backend.Endpoint.Blackhole();
        var client = await bed.ConnectAsync();
        await bed.UntilAsync(() => backend.Endpoint.Attempts == 1);
        client.Abort();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        Assert.Equal(1, bed.Closed("CQ"));
        Assert.Equal(0, bed.ProxyHost.Descriptors);
        backend.Endpoint.Heal();
        await bed.DelayAsync(60_000);
        Assert.Empty(backend.Accepted);
    });

    [Fact]
    public Task Waiting_ClientHalfCloses_KeepsItsPlaceAndItsBytes() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartPendingAsync(bed);
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("early");
        client.ShutdownSend();
        await bed.DelayAsync(5_000);
        Assert.Equal(1, bed.Proxy.ActiveSessions);

        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.Scheduler.RunElsewhereAsync(() => Assert.True(SpinWait.SpinUntil(() => bed.Counters.Count("linkerd.tcp.connect.attempts") == 1, Patience)));
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        var server = backend.Accepted[0];
        Assert.Equal("early", await server.ReadTextAsync(5));
        await server.ExpectFinAsync();
        await server.SendTextAsync("answer");
        server.ShutdownSend();
        Assert.Equal("answer", await client.ReadTextAsync(6));
        await client.ExpectFinAsync();
        await bed.UntilAsync(() => bed.Closed("--") == 1);
    });

    [Fact]
    public Task AbortOnClose_ClientSendsItsFinWhileItWaits_IsTakenForGone() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await StartPendingAsync(bed, abortOnClose: true);
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("early");
        await bed.DelayAsync(700);
        Assert.Equal(1, bed.Proxy.ActiveSessions);
        var finished = bed.Scheduler.Elapsed;
        client.ShutdownSend();
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 0);
        Assert.InRange(bed.Scheduler.Elapsed - finished, TimeSpan.Zero, TimeSpan.FromMilliseconds(255));
        await SimulatedProxy.ExpectResetAsync(client);
        Assert.Equal((1, 0), (bed.Closed("CQ"), backend.Endpoint.Attempts));
    });

    [Fact]
    public Task AbortOnClose_ClientSendsItsFinWhenItIsServed_IsAHalfClose() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(EndpointSet.Create(backend.Address));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()], AbortOnClose = true });
        await bed.ResolvedAsync();
        var client = await bed.ConnectServedAsync(backend);
        client.ShutdownSend();
        await backend.Accepted[0].ExpectFinAsync();
        await bed.DelayAsync(2_000);
        await backend.Accepted[0].SendTextAsync("answer");
        Assert.Equal("answer", await client.ReadTextAsync(6));
    });

    private static async Task<SimulatedBackend> StartPendingAsync(SimulatedProxy bed, bool abortOnClose = false)
    {
        var backend = await bed.AddBackendAsync();
        bed.Resolver.Update(Resolution.Pending.Instance);
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()], AbortOnClose = abortOnClose });
        return backend;
    }
}
