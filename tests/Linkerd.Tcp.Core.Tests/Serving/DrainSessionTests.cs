using Linkerd.Tcp.Balancing;
using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Sessions that had only just begun when the proxy was asked to stop.</summary>
public sealed class DrainSessionTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    [Fact]
    public Task DrainAsync_SessionIsStillConnecting_IsServedWithinTheGrace() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        bed.Network.Endpoint(backend.Address).ConnectDelay = TimeSpan.FromSeconds(2);
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("x");
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 1);
        var draining = bed.Proxy.DrainAsync(Grace, CancellationToken.None);
        await ServedToTheEndAsync(bed, backend, client);
        Assert.Equal(0, await draining);
    });

    [Fact]
    public Task DrainAsync_SessionWaitsForAFreePlace_IsServedWithinTheGrace() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Balancing = new BalancerOptions { MaxConnections = 1 };
        var backend = await bed.StartAsync(bed.NewListener());
        var first = await bed.ConnectServedAsync(backend);
        var client = await bed.ConnectAsync();
        await client.SendTextAsync("x");
        await bed.UntilAsync(() => bed.Destination.PendingSessions == 1);
        var draining = bed.Proxy.DrainAsync(Grace, CancellationToken.None);
        await bed.DelayAsync(500);
        first.Abort();
        await bed.UntilAsync(() => backend.Accepted.Count == 2);
        await ServedToTheEndAsync(bed, backend, client);
        Assert.Equal(0, await draining);
    });

    [Fact]
    public Task DrainAsync_ClientsInTheBacklogAndInTheHandshake_AreServedWithinTheLimits() => SimulatedProxy.RunAsync(async bed =>
    {
        var listener = bed.NewListener().With(own => own.MaxSessionsPerClient = 2);
        var backend = await bed.StartAsync(listener);
        bed.Network.DefaultLink = new SimulatedLinkOptions { Latency = TimeSpan.FromMilliseconds(50) };
        var connecting = Enumerable.Range(0, 3).Select(_ => bed.ConnectAsync()).ToList();

        // The SYNs have arrived, and the ACKs have not.
        await bed.DelayAsync(75);
        var draining = bed.Proxy.DrainAsync(Grace, CancellationToken.None);
        var clients = await Task.WhenAll(connecting);
        foreach (var client in clients)
        {
            await client.TrySendAsync("x"u8.ToArray());
        }

        await bed.UntilAsync(() => backend.Accepted.Count == 2 && bed.Refused("client_sessions") == 1);
        foreach (var accepted in backend.Accepted)
        {
            Assert.Equal("x", await accepted.ReadTextAsync(1));
            accepted.Abort();
        }

        Assert.Equal(0, await draining);
    }, seeds: 5);

    private static async Task ServedToTheEndAsync(SimulatedProxy bed, SimulatedBackend backend, TransportConnection client)
    {
        await bed.UntilAsync(() => bed.Proxy.ActiveSessions == 1 && backend.Accepted.Count > 0);
        var accepted = backend.Accepted[^1];
        Assert.Equal("x", await accepted.ReadTextAsync(1));
        client.ShutdownSend();
        accepted.ShutdownSend();
        Assert.Equal(TransportStatus.Ok, (await client.ReadToEndAsync()).End);
    }
}
