using System.Net;
using System.Net.Sockets;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>A proxy that is used as it should not be.</summary>
public sealed class TcpProxyMisuseTests
{
    private static readonly DstPath Name = DstPath.Parse("/svc/web");

    [Fact]
    public async Task Start_RouterDisposed_NamesTheRouterAndLeavesNoPortBound()
    {
        var port = FreePort();
        var router = new DestinationRegistry(new StaticResolver());
        await router.DisposeAsync();
        await using var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, port), Name)] }, router);
        var error = await Assert.ThrowsAsync<ObjectDisposedException>(() => proxy.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(typeof(DestinationRegistry).FullName, error.ObjectName);
        Assert.Empty(proxy.LocalEndPoints);
        using var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
    }

    [Fact]
    public async Task Construct_NullDuplex_SaysWhichAndWhatWasExpected()
    {
        await using var router = new DestinationRegistry(new StaticResolver());
        var options = new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), Name)], Duplex = null! };
        var error = Assert.ThrowsAny<ArgumentException>(() => new TcpProxy(options, router));
        Assert.Contains("Duplex: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-5000)]
    [InlineData(-2)]
    [InlineData(50.0 * 24 * 3600 * 1000)]
    public async Task Drain_GraceOutOfRange_SaysWhatWasExpectedAndGoesOnAccepting(double milliseconds)
    {
        await using var router = new DestinationRegistry(new StaticResolver());
        await using var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), Name)] }, router);
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => proxy.DrainAsync(TimeSpan.FromMilliseconds(milliseconds), TestContext.Current.CancellationToken));
        Assert.Equal("grace", error.ParamName);
        Assert.Contains("Timeout.InfiniteTimeSpan", error.Message, StringComparison.Ordinal);
        Assert.Single(proxy.LocalEndPoints);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
