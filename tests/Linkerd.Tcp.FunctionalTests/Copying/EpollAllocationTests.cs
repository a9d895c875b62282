using System.Net;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>
/// What a proxied connection allocates, from accept to close. Measures the whole process, so nothing may run beside it; the client and the server
/// allocate nothing.
/// </summary>
/// <remarks>
/// Fifteen objects in an optimised build on 64 bits: the session and its context, its control, its wait for a server, the copy with two directions and
/// two relays, two connections, a timer, the state of the session's method, and, as the server's port here is one of those that the kernel gives out, our own address, which is compared with the server's (32 + 40).
/// </remarks>
[Collection(HeavyLoad.Name)]
[Trait("Category", "AnyTransport")]
public sealed class EpollAllocationTests
{
    private const int WarmUp = 3000;
    private const int Sessions = 5000;

    // Measured: 1,453 to 1,460 in an optimised build; 1,453 to 1,474 without optimisation.
    private const int MostBytesPerSession = 1750;

    [Fact]
    public async Task Serve_ConnectRequestCloseOverEpoll_AllocatesFewSmallObjects()
    {
        Require.Epoll();
        using var backend = new RawBackend();
        await using var transport = TransportFactory.Create(new TransportOptions { Engine = TransportEngine.Epoll, Loops = 1 });
        await using var router = new DestinationRegistry(_ => new DestinationOptions { Resolver = new StaticResolver(backend.EndPoint) });
        await using var proxy = new TcpProxy(
            new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web"))] }, router, transport);
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        var port = ((IPEndPoint)proxy.LocalEndPoints[0]).Port;
        Ask(port, WarmUp);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        Ask(port, Sessions);
        var allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{allocated / (double)Sessions:0.0} bytes for each session");
        Assert.True(allocated < MostBytesPerSession * (long)Sessions, $"{allocated / Sessions} bytes for each session");
    }

    private static void Ask(int port, int count)
    {
        for (var i = 0; i < count; i++)
        {
            RawTcp.Ask(port);
        }
    }
}
