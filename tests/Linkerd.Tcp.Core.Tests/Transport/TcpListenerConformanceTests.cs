using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport;

public abstract class TcpListenerConformanceTests : ListenerConformanceTests
{
    [Fact]
    public Task ConnectAsync_NobodyListens_Refused() => RunAsync(async bed =>
    {
        var (listener, _) = await bed.ListenAsync();
        await listener.DisposeAsync();
        var result = await bed.Transport.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions(), Cancelled);
        Assert.Equal(ConnectFailure.Refused, result.Failure);
        Assert.Null(result.Connection);
        Assert.NotNull(result.Detail);
    });

    [Fact]
    public Task ConnectAsync_NoAnswer_TimesOut() => RunAsync(async bed =>
    {
        var silent = await bed.SilentAddressAsync();
        var options = new TransportConnectOptions { Timeout = TimeSpan.FromMilliseconds(150) };
        var result = await bed.Transport.ConnectAsync(silent, options, Cancelled);
        Assert.Equal(ConnectFailure.TimedOut, result.Failure);
    });

    [Fact]
    public Task ConnectAsync_CancelledWhileWaiting_Cancelled() => RunAsync(async bed =>
    {
        var silent = await bed.SilentAddressAsync();
        using var giveUp = new CancellationTokenSource();
        var connecting = bed.Transport.ConnectAsync(silent, new TransportConnectOptions(), giveUp.Token);
        await bed.PauseAsync();
        Assert.False(connecting.IsCompleted);
        await bed.RunElsewhereAsync(giveUp.Cancel);
        Assert.Equal(ConnectFailure.Cancelled, (await connecting).Failure);
    });

    [Fact]
    public Task ConnectAsync_CancelledBefore_Cancelled() => RunAsync(async bed =>
    {
        var silent = await bed.SilentAddressAsync();
        var result = await bed.Transport.ConnectAsync(silent, new TransportConnectOptions(), new CancellationToken(canceled: true));
        Assert.Equal(ConnectFailure.Cancelled, result.Failure);
    });

    [Fact]
    public Task ConnectAsync_NearAConnectionAndGivenUp_GoesOnOnItsExecutor() => RunAsync(async bed =>
    {
        var (near, _) = await bed.PairAsync();
        var silent = await bed.SilentAddressAsync();
        await OnExecutorOf(near, async () =>
        {
            var options = new TransportConnectOptions { Executor = near.Executor, Timeout = TimeSpan.FromMilliseconds(20) };
            Assert.Equal(ConnectFailure.TimedOut, (await bed.Transport.ConnectAsync(silent, options, Cancelled)).Failure);
        });
        using var giveUp = new CancellationTokenSource();
        var connecting = OnExecutorOf(near, async () =>
            Assert.Equal(ConnectFailure.Cancelled, (await bed.Transport.ConnectAsync(silent, new TransportConnectOptions { Executor = near.Executor }, giveUp.Token)).Failure));
        await bed.PauseAsync();
        await bed.RunElsewhereAsync(giveUp.Cancel);
        await connecting;
    });

    [Fact]
    public Task ConnectAsync_Source_ServerSeesIt() => RunAsync(async bed =>
    {
        var (listener, handler) = await bed.ListenAsync();
        foreach (var source in bed.Sources)
        {
            var connected = await bed.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions { Source = source });
            var accepted = bed.Own(await handler.NextAsync());
            var local = Assert.IsType<IPEndPoint>(connected.LocalEndPoint);
            Assert.Equal(source, local.Address);
            Assert.NotEqual(0, local.Port);
            Assert.Equal(local, accepted.RemoteEndPoint);
            await connected.SendTextAsync("from there");
            Assert.Equal("from there", await accepted.ReadTextAsync(10));
        }
    });

    [Fact]
    public Task ConnectAsync_SourceOfSomebodyElse_LocalResourcesAndSaysWhich() => RunAsync(async bed =>
    {
        // Addresses for documentation (RFC 5737, RFC 3849): nobody has them.
        var (listener, handler) = await bed.ListenAsync();
        var isIPv6 = ((IPEndPoint)listener.LocalEndPoint).AddressFamily == AddressFamily.InterNetworkV6;
        var foreign = IPAddress.Parse(isIPv6 ? "2001:db8::7" : "192.0.2.7");
        var result = await bed.Transport.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions { Source = foreign }, Cancelled);
        Assert.Equal(ConnectFailure.LocalResources, result.Failure);
        Assert.Equal($"cannot connect from {foreign}: the address is not one of this machine's", result.Detail);
        Assert.Null(result.Connection);
        await bed.ConnectAsync(listener.LocalEndPoint);
        bed.Own(await handler.NextAsync());
        Assert.Equal(1, handler.Count);
    });

    [Fact]
    public Task ListenAsync_PortZero_GetsPort() => RunAsync(async bed =>
    {
        var (one, _) = await bed.ListenAsync();
        var (other, _) = await bed.ListenAsync();
        Assert.NotEqual(0, Assert.IsType<IPEndPoint>(one.LocalEndPoint).Port);
        Assert.NotEqual(one.LocalEndPoint, other.LocalEndPoint);
    });
}
