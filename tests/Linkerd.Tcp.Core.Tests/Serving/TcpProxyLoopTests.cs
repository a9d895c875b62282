using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Tests.Diagnostics;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Serving;

/// <summary>Somebody's balancer and resolver in sessions that live on event loops.</summary>
public sealed class TcpProxyLoopTests : IAsyncLifetime
{
    private const int SessionEnded = 4100;
    private const int SessionFailed = 4102;
    private const int LoopStuck = 5020;
    private const int LoopRecovered = 5021;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<IAsyncDisposable> _disposables = [];
    private readonly Socket _backend = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly LogRecorder _log = new();
    private readonly ConcurrentQueue<bool> _picksOnLoop = [];

    public ValueTask InitializeAsync()
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no epoll here.");
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

        _log.Dispose();
    }

    [Fact]
    public async Task Pick_EndpointsAreThere_RunsOnTheLoopOfTheClient()
    {
        var proxy = await StartAsync(new StaticResolver(_backend.LocalEndPoint!), RecordPick, loops: 2);
        for (var i = 0; i < 10; i++)
        {
            await AssertServedAsync(proxy);
        }

        Assert.True(_picksOnLoop.Count >= 10);
        Assert.DoesNotContain(false, _picksOnLoop);
    }

    [Fact]
    public async Task Pick_EndpointsComeLateFromAnotherThread_RunsOnTheLoopOfTheClient()
    {
        var resolver = new StaticResolver();
        resolver.Update(Resolution.Pending.Instance);
        var proxy = await StartAsync(resolver, RecordPick, loops: 2);
        var serving = Enumerable.Range(0, 6).Select(_ => Task.Run(() => AssertServedAsync(proxy))).ToArray();
        await UntilAsync(() => proxy.ActiveSessions == 6 && !_picksOnLoop.IsEmpty);
        await Task.Run(() => resolver.Update(EndpointSet.Create(_backend.LocalEndPoint!)), TestContext.Current.CancellationToken);
        await Task.WhenAll(serving);
        Assert.True(_picksOnLoop.Count >= 6);
        Assert.DoesNotContain(false, _picksOnLoop);
    }

    [Fact]
    public async Task Pick_FirstEndpointRefuses_RunsOnTheLoopAgain()
    {
        using var unused = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var proxy = await StartAsync(new StaticResolver(unused.LocalEndPoint!, _backend.LocalEndPoint!), RecordPick, loops: 2);
        for (var i = 0; i < 10; i++)
        {
            await AssertServedAsync(proxy);
        }

        Assert.True(_picksOnLoop.Count > 10);
        Assert.DoesNotContain(false, _picksOnLoop);
    }

    [Fact]
    public async Task Pick_Throws_EndsThatSessionAlone()
    {
        var throws = false;
        var proxy = await StartAsync(
            new StaticResolver(_backend.LocalEndPoint!),
            _ =>
            {
                if (throws)
                {
                    throw new InvalidOperationException("the balancer lost its balance");
                }
            },
            loops: 1);
        using var before = await ConnectAsync(proxy);
        using var server = await AcceptAsync();
        throws = true;
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            // The RST may be there before the client's connect has looked at its own outcome.
            using var failing = await ConnectAsync(proxy);
            await ReceiveAsync(failing);
        });
        Assert.Contains("the balancer lost its balance", _log.WaitFor(SessionFailed, Patience), StringComparison.Ordinal);
        Assert.Contains("ended PC", _log.WaitFor(SessionEnded, Patience), StringComparison.Ordinal);
        throws = false;
        await AssertEchoAsync(before, server);
        await AssertServedAsync(proxy);
        Assert.Equal(1, _log.Count(SessionFailed));
    }

    [Fact]
    public async Task Pick_Blocks_WatchdogSaysSoAndThenThatItIsOver()
    {
        var blocked = true;
        var proxy = await StartAsync(
            new StaticResolver(_backend.LocalEndPoint!),
            _ =>
            {
                if (blocked)
                {
                    // A balancer that waits for something for as long as it takes to be noticed.
                    blocked = false;
                    _log.WaitFor(LoopStuck, Patience);
                }
            },
            loops: 1);
        await AssertServedAsync(proxy);
        Assert.Contains("event loop 0 has been stuck for", _log.WaitFor(LoopStuck, Patience), StringComparison.Ordinal);
        Assert.Equal("event loop 0 goes on", _log.WaitFor(LoopRecovered, Patience));
        Assert.Equal((1, 1), (_log.Count(LoopStuck), _log.Count(LoopRecovered)));
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var until = DateTime.UtcNow + Patience; !condition();)
        {
            Assert.True(DateTime.UtcNow < until, "Waited in vain.");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<Socket> ConnectAsync(TcpProxy proxy)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(proxy.LocalEndPoints[0], TestContext.Current.CancellationToken);
        return socket;
    }

    private static async Task<int> ReceiveAsync(Socket socket) =>
        await socket.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

    private static async Task AssertEchoAsync(Socket client, Socket server)
    {
        await client.SendAsync(new byte[1], TestContext.Current.CancellationToken);
        Assert.Equal(1, await ReceiveAsync(server));
        await server.SendAsync(new byte[1], TestContext.Current.CancellationToken);
        Assert.Equal(1, await ReceiveAsync(client));
    }

    private void RecordPick(TransportConnection client) => _picksOnLoop.Enqueue(client.Executor.IsCurrent);

    private Task<Socket> AcceptAsync() => _backend.AcceptAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

    // Whichever server end comes first answers: sessions that run side by side are all served alike.
    private async Task AssertServedAsync(TcpProxy proxy)
    {
        using var client = await ConnectAsync(proxy);
        await client.SendAsync(new byte[1], TestContext.Current.CancellationToken);
        using var server = await AcceptAsync();
        Assert.Equal(1, await ReceiveAsync(server));
        await server.SendAsync(new byte[1], TestContext.Current.CancellationToken);
        Assert.Equal(1, await ReceiveAsync(client));
    }

    private async Task<TcpProxy> StartAsync(IResolver resolver, Action<TransportConnection> beforePick, int loops)
    {
        var transport = new EpollTransport(new TransportOptions { Loops = loops, StuckAfter = TimeSpan.FromMilliseconds(200), LoggerFactory = _log });
        _disposables.Add(transport);
        var router = new DestinationRegistry(_ => new DestinationOptions { Resolver = resolver, BalancerFactory = () => new WatchedBalancer(beforePick) });
        _disposables.Add(router);
        var options = new TcpProxyOptions { Listeners = [new(new IPEndPoint(IPAddress.Loopback, 0), DstPath.Parse("/svc/web"))] };
        var proxy = new TcpProxy(options, router, transport, _log);
        _disposables.Add(proxy);
        await proxy.StartAsync(TestContext.Current.CancellationToken);
        return proxy;
    }
}
