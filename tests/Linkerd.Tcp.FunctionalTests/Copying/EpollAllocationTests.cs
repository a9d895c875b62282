using System.Net;
using System.Net.Sockets;

namespace Linkerd.Tcp.FunctionalTests;

/// <summary>What a whole proxy over the epoll engine allocates. Measures the whole process, so nothing may run beside it.</summary>
[Collection(HeavyLoad.Name)]
public sealed class EpollAllocationTests
{
    /// <summary>The most bytes that one proxied connection may allocate, from accept to close, with its log and metrics.</summary>
    private const int BytesPerSession = 2048;

    private const int Sessions = 5_000;
    private const int RoundTrips = 50_000;

    [Fact]
    public async Task Proxy_SessionsAndRoundTrips_AllocateNoMoreThanStated()
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no epoll here.");
        using var backend = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        backend.Listen();
        await using var transport = new EpollTransport(new TransportOptions { Loops = 1 });
        await using var router = new Router(new StaticResolver(backend.LocalEndPoint!));
        var options = new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web"))] };
        await using var proxy = new TcpProxy(options, router, transport);
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        var to = proxy.LocalEndPoints[0];

        // The test's own sockets allocate, too: what they do without a proxy between them is taken off.
        Run(backend, backend.LocalEndPoint!, Sessions / 5);
        Run(backend, to, Sessions / 5);
        var direct = Measure(() => Run(backend, backend.LocalEndPoint!, Sessions));
        var proxied = Measure(() => Run(backend, to, Sessions));
        var each = (proxied - direct) / Sessions;
        TestContext.Current.SendDiagnosticMessage("{0} bytes for each session", each);
        Assert.True(each <= BytesPerSession, $"{each} bytes for each session");

        using var client = Connect(to);
        using var server = backend.Accept();
        PingPong(client, server, RoundTrips / 10);
        var allocated = Measure(() => PingPong(client, server, RoundTrips));
        Assert.True(allocated < RoundTrips, $"{allocated} bytes in {RoundTrips} round trips");
    }

    private static long Measure(Action action)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        action();
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }

    private static void Run(Socket backend, EndPoint to, int count)
    {
        for (var i = 0; i < count; i++)
        {
            using var client = Connect(to);
            using var server = backend.Accept();
            PingPong(client, server, 1);
        }
    }

    private static Socket Connect(EndPoint to)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(to);
        return socket;
    }

    private static void PingPong(Socket client, Socket server, int count)
    {
        Span<byte> message = stackalloc byte[64];
        for (var i = 0; i < count; i++)
        {
            Pass(client, server, message);
            Pass(server, client, message);
        }
    }

    private static void Pass(Socket from, Socket to, Span<byte> message)
    {
        from.Send(message);
        for (var received = 0; received < message.Length;)
        {
            received += to.Receive(message[received..]);
        }
    }
}
