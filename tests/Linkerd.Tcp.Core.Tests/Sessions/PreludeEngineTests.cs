using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Sessions;

/// <summary>Preludes on the engines that proxies run on.</summary>
public sealed class PreludeEngineTests
{
    private const string Header = "192.0.2.7:4711\n";

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public Task Header_SplitAtAnyByte_IsReadAndTheRestGoesToTheServer(TransportEngine engine) => RunAsync(engine, listener => listener, async connect =>
    {
        var sent = Encoding.ASCII.GetBytes(Header + "hello");
        for (var at = 0; at <= sent.Length; at++)
        {
            using var client = await connect();
            client.NoDelay = true;
            await client.SendAllAsync(sent.AsMemory(0, at));
            await client.SendAllAsync(sent.AsMemory(at));
            Assert.Equal("hello", await ReadAsync(client, 5));
        }
    });

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public Task Header_WithMuchData_AllOfItGoesToTheServer(TransportEngine engine) => RunAsync(engine, listener => listener.With(own => own.MaxPreludeBytes = 64), async connect =>
    {
        using var client = await connect();
        var data = new byte[1 << 20];
        Random.Shared.NextBytes(data);
        var sending = client.SendAllAsync(new ReadOnlyMemory<byte>([.. Encoding.ASCII.GetBytes(Header), .. data]));
        var received = new byte[data.Length];
        for (var count = 0; count < data.Length;)
        {
            var more = await client.ReceiveAsync(received.AsMemory(count), TestContext.Current.CancellationToken);
            Assert.NotEqual(0, more);
            count += more;
        }

        await sending;
        Assert.True(data.AsSpan().SequenceEqual(received));
    });

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public Task Client_IsSilentOrSaysTooMuch_IsReset(TransportEngine engine) => RunAsync(
        engine,
        listener => listener.With(own =>
        {
            own.MaxPreludeBytes = 100;
            own.PreludeTimeout = TimeSpan.FromMilliseconds(300);
        }),
        async connect =>
        {
            foreach (var text in new[] { string.Empty, "192.0", new string('x', 100), "nonsense\n" })
            {
                using var client = await connect();
                await client.SendAllAsync(Encoding.ASCII.GetBytes(text));
                var error = await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
                Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
            }
        });

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public Task Client_ResetsInThePrelude_NothingIsLeft(TransportEngine engine) => RunAsync(engine, listener => listener, async connect =>
    {
        for (var i = 0; i < 20; i++)
        {
            using var client = await connect();
            await client.SendAllAsync("192"u8.ToArray());
            client.Close(0);
        }
    });

    private static async Task<string> ReadAsync(Socket socket, int count)
    {
        var buffer = new byte[count];
        for (var read = 0; read < count;)
        {
            var more = await socket.ReceiveAsync(buffer.AsMemory(read), TestContext.Current.CancellationToken);
            Assert.NotEqual(0, more);
            read += more;
        }

        return Encoding.ASCII.GetString(buffer);
    }

    private static async Task RunAsync(TransportEngine engine, Func<ListenerOptions, ListenerOptions> configure, Func<Func<Task<Socket>>, Task> test)
    {
        Assert.SkipWhen(engine == TransportEngine.Epoll && !EpollTransport.IsSupported, "There is no epoll here.");
        await using var backend = new TcpBackend(Serve.EchoAsync);
        await using var transport = TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 2 });
        await using var router = new DestinationRegistry(new StaticResolver(backend.EndPoint));
        var listener = configure(new ListenerOptions(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web")));
        listener.Preludes = [new LinePrelude()];
        await using var proxy = new TcpProxy(new TcpProxyOptions { Listeners = [listener] }, router, transport);
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        await test(async () =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(proxy.LocalEndPoints[0], TestContext.Current.CancellationToken);
            return socket;
        });
        while (proxy.ActiveSessions > 0)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.All(router.Destinations.Single().Balancer.Endpoints, endpoint => Assert.Equal(0, endpoint.Load));
    }
}
