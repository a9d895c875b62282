using System.Net;
using System.Net.Sockets;
using System.Text;
using Linkerd.Tcp.Dialing;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

public sealed class TcpProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly DstPath Name = DstPath.Parse("/svc/web");

    private readonly List<IAsyncDisposable> _disposables = [];
    private readonly Socket _backend = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    private IPEndPoint BackendEndPoint => (IPEndPoint)_backend.LocalEndPoint!;

    public ValueTask InitializeAsync()
    {
        _backend.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _backend.Listen();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        _backend.Dispose();
        _disposables.Reverse();
        foreach (var disposable in _disposables)
        {
            await disposable.DisposeAsync();
        }
    }

    [Fact]
    public async Task Session_ServerAnswers_BytesGoBothWaysAndBothFins()
    {
        var proxy = await StartAsync(new StaticResolver(BackendEndPoint));
        using var client = await ConnectAsync(proxy);
        using var server = await AcceptAsync();
        await SendAsync(client, "hello");
        Assert.Equal("hello", await ReceiveAsync(server, 5));
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(string.Empty, await ReceiveAsync(server, 1));
        await SendAsync(server, "after your FIN");
        Assert.Equal("after your FIN", await ReceiveAsync(client, 14));
        server.Shutdown(SocketShutdown.Send);
        Assert.Equal(string.Empty, await ReceiveAsync(client, 1));
        Assert.Equal(0, await proxy.DrainAsync(Patience, CancellationToken.None));
    }

    [Fact]
    public async Task Session_EndpointRefuses_IsRetriedOnAnother()
    {
        var refusing = UnusedEndPoint();
        for (var i = 0; i < 8; i++)
        {
            var proxy = await StartAsync(new StaticResolver(refusing, BackendEndPoint));
            using var client = await ConnectAsync(proxy);
            using var server = await AcceptAsync();
            await SendAsync(client, "x");
            Assert.Equal("x", await ReceiveAsync(server, 1));
        }
    }

    [Fact]
    public async Task Session_NothingListens_ClientIsReset()
    {
        var proxy = await StartAsync(new StaticResolver(UnusedEndPoint()));

        // The RST may be there before the client's connect has looked at its own outcome.
        var error = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var client = await ConnectAsync(proxy);
            await client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        });
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task Session_NameIsResolvedLater_WaitsForIt()
    {
        var resolver = new StaticResolver();
        resolver.Update(Resolution.Pending.Instance);
        var proxy = await StartAsync(resolver);
        using var client = await ConnectAsync(proxy);
        await SendAsync(client, "early");
        resolver.Update(EndpointSet.Create(BackendEndPoint));
        using var server = await AcceptAsync();
        Assert.Equal("early", await ReceiveAsync(server, 5));
    }

    [Fact]
    public async Task Session_NameIsNeverResolved_ClientIsResetAtTheDeadline()
    {
        var resolver = new StaticResolver();
        resolver.Update(new Resolution.Failed("no control plane"));
        var proxy = await StartAsync(resolver, options => options.With(own => own.Connect = new ConnectOptions { ConnectTimeout = TimeSpan.FromMilliseconds(100) }));
        using var client = await ConnectAsync(proxy);
        await AssertResetAsync(client);
    }

    [Fact]
    public async Task Drain_SessionDoesNotEnd_IsAbortedAfterTheGrace()
    {
        var proxy = await StartAsync(new StaticResolver(BackendEndPoint));
        using var client = await ConnectAsync(proxy);
        using var server = await AcceptAsync();
        await SendAsync(client, "x");
        Assert.Equal("x", await ReceiveAsync(server, 1));
        Assert.Equal(1, await proxy.DrainAsync(TimeSpan.FromMilliseconds(50), CancellationToken.None));
        await AssertResetAsync(client);
        await AssertResetAsync(server);
        Assert.Equal(0, proxy.ActiveSessions);
    }

    [Fact]
    public async Task Drain_AbortIsAsked_DoesNotWaitForTheGrace()
    {
        var proxy = await StartAsync(new StaticResolver(BackendEndPoint));
        using var client = await ConnectAsync(proxy);
        using var server = await AcceptAsync();
        using var abort = new CancellationTokenSource();
        var draining = proxy.DrainAsync(Timeout.InfiniteTimeSpan, abort.Token);
        await abort.CancelAsync();
        Assert.Equal(1, await draining.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task MaxSessions_Reached_NextClientWaitsInTheBacklog()
    {
        var proxy = await StartAsync(new StaticResolver(BackendEndPoint), options => options.With(own => own.MaxSessions = 1));
        var first = await ConnectAsync(proxy);
        var firstServer = await AcceptAsync();
        using var second = await ConnectAsync(proxy);
        await SendAsync(second, "second");
        Assert.False(_backend.Poll(50_000, SelectMode.SelectRead));
        Assert.Equal(1, proxy.ActiveSessions);
        first.Dispose();
        firstServer.Dispose();
        using var secondServer = await AcceptAsync();
        Assert.Equal("second", await ReceiveAsync(secondServer, 6));
    }

    [Theory]
    [InlineData(TransportEngine.Epoll)]
    [InlineData(TransportEngine.Sockets)]
    public async Task MaxSessionsPerClient_Reached_ClientsAreResetAndLeaveNothingBehind(TransportEngine engine)
    {
        Assert.SkipUnless(engine != TransportEngine.Epoll || EpollTransport.IsSupported, "There is no epoll here.");
        var transport = TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 2 });
        _disposables.Add(transport);
        var proxy = await StartAsync(
            new StaticResolver(BackendEndPoint),
            options => options.With(own => { own.MaxSessions = 2; own.Listeners = [options.Listeners[0].With(own => { own.MaxSessionsPerClient = 1; own.MaxSessions = 2; })]; }),
            transport);
        var first = await ConnectAsync(proxy);
        var firstServer = await AcceptAsync();
        for (var i = 0; i < 50; i++)
        {
            await AssertRefusedAsync(proxy, sendFirst: i % 2 == 0);
        }

        Assert.Equal(1, proxy.ActiveSessions);
        first.Dispose();
        firstServer.Dispose();
        Assert.True(SpinWait.SpinUntil(() => proxy.ActiveSessions == 0, Patience));
        using var second = await ConnectAsync(proxy);
        using var secondServer = await AcceptAsync();
        await SendAsync(second, "second");
        Assert.Equal("second", await ReceiveAsync(secondServer, 6));
    }

    [Fact]
    public async Task Start_AddressInUse_SaysSo()
    {
        var error = await Assert.ThrowsAsync<TransportException>(() => StartAsync(
            new StaticResolver(BackendEndPoint),
            options => options.With(own => own.Listeners = [new(BackendEndPoint, Name)])));
        Assert.Equal($"cannot listen on {BackendEndPoint}: the address is in use by another process", error.Message);
    }

    [Fact]
    public void Construct_NoListener_SaysWhatWasExpected()
    {
        var error = Assert.Throws<InvalidOptionsException>(() => new TcpProxy(new TcpProxyOptions { Listeners = [] }, new DestinationRegistry(new StaticResolver(BackendEndPoint))));
        Assert.Contains("at least one listener was expected", error.Message, StringComparison.Ordinal);
    }

    private static EndPoint UnusedEndPoint()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!;
    }

    private static async Task<Socket> ConnectAsync(TcpProxy proxy)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(proxy.LocalEndPoints[0], TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text) =>
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);

    private static async Task<string> ReceiveAsync(Socket socket, int count)
    {
        var buffer = new byte[count];
        var received = 0;
        while (received < count
            && await socket.ReceiveAsync(buffer.AsMemory(received), TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken) is var more and > 0)
        {
            received += more;
        }

        return Encoding.ASCII.GetString(buffer, 0, received);
    }

    // The RST may be there before the client's connect or send has looked at its own outcome.
    private static async Task AssertRefusedAsync(TcpProxy proxy, bool sendFirst)
    {
        var error = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var client = await ConnectAsync(proxy);
            if (sendFirst)
            {
                await SendAsync(client, "hello");
            }

            await client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);
        });
        Assert.True(error.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown, error.Message);
    }

    private static async Task AssertResetAsync(Socket socket)
    {
        var error = await Assert.ThrowsAsync<SocketException>(async () =>
            await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    private Task<Socket> AcceptAsync() => _backend.AcceptAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

    private async Task<TcpProxy> StartAsync(IResolver resolver, Func<TcpProxyOptions, TcpProxyOptions>? change = null, ITransport? transport = null)
    {
        var router = new DestinationRegistry(resolver);
        _disposables.Add(router);
        var options = new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), Name)] };
        var proxy = new TcpProxy(change?.Invoke(options) ?? options, router, transport);
        _disposables.Add(proxy);
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }
}
