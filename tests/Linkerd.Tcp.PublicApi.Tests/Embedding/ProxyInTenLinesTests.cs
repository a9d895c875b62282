using System.Net;

namespace Linkerd.Tcp.PublicApi.Tests.Embedding;

/// <summary>A whole proxy, with the root namespace alone.</summary>
public sealed class ProxyInTenLinesTests
{
    [Fact]
    public async Task Proxy_InTenLines_Serves()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var server = new EchoServer();

        await using var registry = new DestinationRegistry(new StaticResolver(server.Address));
        await using var proxy = new TcpProxy(
            new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web"))] },
            registry);
        await proxy.StartAsync(cancellationToken);
        Assert.Equal("hello", await EchoServer.AskAsync(proxy.LocalEndPoints[0], "hello", cancellationToken));
        Assert.Equal(0, await proxy.DrainAsync(grace: TimeSpan.FromSeconds(10), abort: cancellationToken));
    }
}
