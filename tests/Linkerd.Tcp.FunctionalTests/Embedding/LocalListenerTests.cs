using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>The ends of connections through a <see cref="LocalListener"/>.</summary>
[Trait("Category", "AnyTransport")]
public sealed class LocalListenerTests
{
    [Fact]
    public async Task HalfClose_AndDrain_AreThoseOfAProxy()
    {
        await using var server = new TcpBackend(static async socket => await socket.SendTextAsync($"got {await socket.ReceiveTextToEndAsync()}"));
        await using var balanced = await BalancedServers.StartAsync(server.EndPoint);
        await using var local = await StartAsync(balanced);
        using var client = await ClientSocket.ConnectAsync(local.EndPoint);
        await client.SendTextAsync("hello");
        var draining = local.Proxy.DrainAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal("got hello", await client.ReceiveTextToEndAsync().InTimeAsync());
        Assert.Equal(0, await draining.InTimeAsync());
        await balanced.WaitUnusedAsync();
    }

    [Fact]
    public async Task Reset_OfTheServer_ReachesTheClient()
    {
        await using var server = new TcpBackend(static async socket =>
        {
            await socket.ReceiveTextAsync(5);
            socket.Reset();
        });
        await using var balanced = await BalancedServers.StartAsync(server.EndPoint);
        await using var local = await StartAsync(balanced);
        using var client = await ClientSocket.ConnectAsync(local.EndPoint);
        await client.SendTextAsync("hello");
        var error = await Assert.ThrowsAsync<SocketException>(() => client.ReceiveTextToEndAsync()).InTimeAsync();
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task StartAsync_OptionsAndAddresses_AreCheckedBeforeAnythingIsBound()
    {
        await using var balanced = await BalancedServers.StartAsync(FreePort.NextEndPoint());
        var error = await Assert.ThrowsAsync<ArgumentException>(() => LocalListener.StartAsync(balanced.Destination, new IPEndPoint(IPAddress.Any, 0), cancellationToken: TestContext.Current.CancellationToken));
        Assert.StartsWith("'0.0.0.0:0' is not local", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOptionsException>(() => LocalListener.StartAsync(balanced.Destination, configure: static options => options.Listeners[0].MaxSessions = 0, cancellationToken: TestContext.Current.CancellationToken));
        await using var local = await LocalListener.StartAsync(balanced.Destination, configure: static options => options.Listeners[0].MaxSessions = 3, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(3, local.Proxy.Options.Listeners[0].MaxSessions);
    }

    private static Task<LocalListener> StartAsync(BalancedServers balanced) => LocalListener.StartAsync(balanced.Destination, cancellationToken: TestContext.Current.CancellationToken);
}
