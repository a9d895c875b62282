using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Routing;
using Linkerd.Tcp.Tests.Serving;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Routing;

/// <summary>Connections to a balanced name without a proxy.</summary>
public sealed class DirectConnectTests
{
    private static readonly DstPath Name = DstPath.Parse("/svc/web");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public Task ConnectAsync_EndpointAnswers_IsLoadUntilDisposed() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var connection = await bed.Destination.ConnectAsync(TestContext.Current.CancellationToken);
        Assert.Equal((backend.Address, 1, 0), (connection.EndPoint, bed.Destination.Balancer.Endpoints[0].Open, bed.Destination.Balancer.Endpoints[0].Pending));
        await connection.Connection.SendTextAsync("hello");
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        Assert.Equal("hello", await backend.Accepted[0].ReadTextAsync(5));
        await connection.DisposeAsync();
        await connection.DisposeAsync();
        Assert.Equal(0, bed.Destination.Balancer.Endpoints[0].Load);
        Assert.Equal(1, bed.Counters.Count("linkerd.tcp.connect.attempts"));
    });

    [Fact]
    public Task Dispose_Twice_CountsTheBytesForTheEndpointOnce() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var connection = await bed.Destination.ConnectAsync(TestContext.Current.CancellationToken);
        await connection.Connection.SendTextAsync("hello");
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        await backend.Accepted[0].SendTextAsync("hi");
        Assert.Equal("hi", await connection.Connection.ReadTextAsync(2));
        await connection.DisposeAsync();
        await connection.DisposeAsync();
        var endpoint = bed.Destination.Balancer.Endpoints[0];
        Assert.Equal((2, 5), (endpoint.History.FromServer, endpoint.History.ToServer));
    });

    [Fact]
    public Task Dispose_AfterAbort_LoadIsGivenBackAndTheServerSeesAReset() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        var connection = await bed.Destination.ConnectAsync(TestContext.Current.CancellationToken);
        await bed.UntilAsync(() => backend.Accepted.Count == 1);
        connection.Connection.Abort();
        await SimulatedProxy.ExpectResetAsync(backend.Accepted[0]);
        await connection.DisposeAsync();
        Assert.Equal(0, bed.Destination.Balancer.Endpoints[0].Load);
    });

    [Fact]
    public Task ConnectAsync_OneRefuses_TheOtherIsTried() => SimulatedProxy.RunAsync(async bed =>
    {
        var (bad, good) = (await bed.AddBackendAsync(), await bed.AddBackendAsync());
        bad.Endpoint.Refuse();
        bed.Resolver.Update(EndpointSet.Create(bad.Address, good.Address));
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] });
        await bed.ResolvedAsync();
        for (var i = 0; i < 10; i++)
        {
            await using var connection = await bed.Destination.ConnectAsync(TestContext.Current.CancellationToken);
            Assert.Equal(good.Address, connection.EndPoint);
        }
    });

    [Fact]
    public Task ConnectAsync_NoAnswer_ThrowsWithTheReasonAndTheLastFailure() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        backend.Endpoint.Blackhole();
        var error = await Assert.ThrowsAsync<ConnectException>(async () => await bed.Destination.ConnectAsync(TestContext.Current.CancellationToken));
        Assert.InRange(bed.Scheduler.Elapsed.TotalSeconds, 9.9, 10.2);
        Assert.Equal(("sC", ConnectFailure.TimedOut), (error.Reason.ToString(), error.LastFailure));
        Assert.InRange(error.Attempts, 3, 5);
        Assert.Equal(backend.Address, error.LastEndPoint);
        Assert.StartsWith($"No connection to /svc/web: {error.Attempts} attempts failed, the last one at {backend.Address}: no answer ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(" (close reason sC).", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, bed.Destination.Balancer.Endpoints[0].Load);
    });

    [Fact]
    public Task ConnectAsync_NotResolved_WaitsInTheQueueOfTheSessions() => SimulatedProxy.RunAsync(async bed =>
    {
        bed.Resolver.Update(Resolution.Pending.Instance);
        var backend = await bed.AddBackendAsync();
        bed.Configure = options => options.With(own => own.MaxPendingSessions = 1);
        await bed.StartAsync(new TcpProxyOptions { Listeners = [bed.NewListener()] });
        var connecting = bed.Destination.ConnectAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, bed.Destination.PendingSessions);
        await bed.ConnectRefusedAsync();
        Assert.Equal(1, bed.Refused("pending_full"));
        var error = await Assert.ThrowsAsync<ConnectException>(async () => await bed.Destination.ConnectAsync(TestContext.Current.CancellationToken));
        Assert.Equal(("PQ:pending_full", 0, ConnectFailure.None, null), (error.Reason.ToString(), error.Attempts, error.LastFailure, error.LastEndPoint));
        Assert.Equal("No connection to /svc/web: no endpoint was tried, as 1 sessions wait already: the name is not resolved yet (close reason PQ:pending_full).", error.Message);
        await bed.Scheduler.RunElsewhereAsync(() => bed.Resolver.Update(EndpointSet.Create(backend.Address)));
        await bed.ResolvedAsync();
        await using var connection = await connecting;
        Assert.Equal(backend.Address, connection.EndPoint);
    });

    [Fact]
    public Task ConnectAsync_IsCancelled_ThrowsThat() => SimulatedProxy.RunAsync(async bed =>
    {
        var backend = await bed.StartAsync(bed.NewListener());
        backend.Endpoint.Blackhole();
        using var giveUp = new CancellationTokenSource();
        var connecting = bed.Destination.ConnectAsync(giveUp.Token);
        await bed.DelayAsync(100);
        giveUp.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await connecting);
        Assert.Equal((0, 0L), (bed.Destination.Balancer.Endpoints[0].Load, bed.Destination.Balancer.Endpoints[0].ConnectFailures));
    });

    [Fact]
    public async Task ConnectAsync_RouterIsDisposed_Throws()
    {
        var resolver = new StaticResolver();
        resolver.Update(Resolution.Pending.Instance);
        var router = new DestinationRegistry(resolver);
        var destination = router.Get(Name);
        await router.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await destination.ConnectAsync(TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => destination.WaitResolvedAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task WaitResolvedAsync_SetComesLater_CompletesThen()
    {
        var resolver = new StaticResolver();
        resolver.Update(new Resolution.Failed("not yet"));
        await using var router = new DestinationRegistry(resolver);
        var destination = router.Get(Name);
        var waiting = destination.WaitResolvedAsync(TestContext.Current.CancellationToken);
        using var giveUp = new CancellationTokenSource();
        var impatient = destination.WaitResolvedAsync(giveUp.Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        Assert.False(waiting.IsCompleted);
        resolver.Update(EndpointSet.Create(new IPEndPoint(IPAddress.Loopback, 1)));
        await waiting.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Single(destination.Balancer.Endpoints);
        Assert.True(destination.WaitResolvedAsync(TestContext.Current.CancellationToken).IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData(TransportEngine.Sockets)]
    [InlineData(TransportEngine.Epoll)]
    public async Task ConnectAsync_RouterHasATransportOfLoops_CallerIsOnTheThreadPool(TransportEngine engine)
    {
        Assert.SkipWhen(engine == TransportEngine.Epoll && !EpollTransport.IsSupported, "There is no epoll here.");
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        await using var transport = TransportFactory.Create(new TransportOptions { Engine = engine, Loops = 1 });
        await using var router = new DestinationRegistry(_ => new DestinationOptions { Resolver = new StaticResolver(listener.LocalEndPoint!) }, transport: transport);
        for (var i = 0; i < 20; i++)
        {
            await using var connection = await router.Get(Name).ConnectAsync(TestContext.Current.CancellationToken);
            Assert.DoesNotContain((transport as EpollTransport)?.Loops ?? [], loop => loop.IsCurrent);
            Assert.Equal(listener.LocalEndPoint, connection.EndPoint);
            using var server = await listener.AcceptAsync(TestContext.Current.CancellationToken);
            await server.SendAsync("x"u8.ToArray(), TestContext.Current.CancellationToken);
            Assert.Equal("x", await connection.Connection.ReadTextAsync(1));
            Assert.DoesNotContain((transport as EpollTransport)?.Loops ?? [], loop => loop.IsCurrent);
        }
    }

    [Fact]
    public async Task ConnectAsync_AsAnHttpClientsConnectCallback_RequestsAreBalanced()
    {
        await using var one = new TcpBackend(AnswerAsync);
        await using var other = new TcpBackend(AnswerAsync);
        await using var router = new DestinationRegistry(new StaticResolver(one.EndPoint, other.EndPoint));
        var destination = router.Get(Name);
        await destination.WaitResolvedAsync(TestContext.Current.CancellationToken);
        using (var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) => (await destination.ConnectAsync(cancellationToken)).AsStream(),
        }))
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => http.GetStringAsync(new Uri("http://web/"), TestContext.Current.CancellationToken)));
            Assert.All(answers, answer => Assert.Equal("hello", answer));
            Assert.Equal("hello", await http.GetStringAsync(new Uri("http://web/"), TestContext.Current.CancellationToken));
            Assert.All(destination.Balancer.Endpoints, endpoint => Assert.InRange(endpoint.Open, 1, 20));
        }

        Assert.True(SpinWait.SpinUntil(() => destination.Balancer.Endpoints.All(endpoint => endpoint.Load == 0), Patience));
    }

    // One answer for each request, on a connection that stays.
    private static async Task AnswerAsync(Socket socket)
    {
        var request = new List<byte>();
        var buffer = new byte[4096];
        int count;
        while ((count = await socket.ReceiveAsync(buffer)) > 0)
        {
            request.AddRange(buffer.AsSpan(0, count));
            if (request.Count >= 4 && request[^4..].SequenceEqual("\r\n\r\n"u8.ToArray()))
            {
                request.Clear();
                await socket.SendAllAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"u8.ToArray());
            }
        }
    }
}
