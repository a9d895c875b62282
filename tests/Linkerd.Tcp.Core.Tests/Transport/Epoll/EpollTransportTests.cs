using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Tests.Proxying;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport.Epoll;

public sealed class EpollTransportTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public EpollTransportTests()
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no epoll here.");
    }

    [Fact]
    public async Task Accept_ThousandOneByOneOnTwoLoops_AreSharedWithin60To40()
    {
        const int Count = 1000;
        var engine = new EpollTransport(new TransportOptions { Loops = 2 });
        await using var bed = new SocketBed(IPAddress.Loopback, engine);
        var (listener, handler) = await bed.ListenAsync();
        var clients = new List<Socket>();
        var perLoop = new Dictionary<TransportExecutor, int>();
        for (var i = 0; i < Count; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(listener.LocalEndPoint, TestContext.Current.CancellationToken);
            clients.Add(client);
            var accepted = bed.Own(await handler.NextAsync());
            perLoop[accepted.Executor] = perLoop.GetValueOrDefault(accepted.Executor) + 1;
        }

        clients.ForEach(client => client.Dispose());
        Assert.Equal(2, perLoop.Count);
        Assert.All(perLoop.Values, count => Assert.InRange(count, Count * 40 / 100, Count * 60 / 100));
    }

    [Fact]
    public async Task DisposeAsync_CrowdInOneTurn_EveryPeerGetsItsFin()
    {
        const int Count = 500;
        var engine = new EpollTransport(new TransportOptions { Loops = 1 });
        await using var bed = new SocketBed(IPAddress.Loopback, engine);
        var (listener, handler) = await bed.ListenAsync();
        var clients = new List<Socket>();
        var accepted = new List<EpollConnection>();
        for (var i = 0; i < Count; i++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await client.ConnectAsync(listener.LocalEndPoint, TestContext.Current.CancellationToken);
            clients.Add(client);
            accepted.Add((EpollConnection)await handler.NextAsync());
        }

        // Closes of a crowd go on in later turns.
        var loop = engine.Loops[0];
        loop.Post(_ => accepted.ForEach(static connection => connection.DisposeNow()), null);
        foreach (var client in clients)
        {
            Assert.Equal(0, await client.ReceiveAsync(new byte[1]).WaitAsync(Patience, TestContext.Current.CancellationToken));
            client.Dispose();
        }

        Assert.Equal(0, loop.Connections);
    }

    [Fact]
    public async Task DisposeAsync_ConnectionsOpen_EveryOperationEndsThenAndLater()
    {
        var engine = new EpollTransport(new TransportOptions { Loops = 2 });
        await using var bed = new SocketBed(IPAddress.Loopback, engine);
        var (one, other) = await bed.PairAsync();
        var receiving = one.TakeAsync();
        var sending = one.TrySendAsync(new byte[bed.MoreThanFits]);
        await bed.UntilStuckAsync(one);
        var acknowledging = AcknowledgeAsync(one);
        var silent = await bed.SilentAddressAsync();
        var connecting = engine.ConnectAsync(silent, new TransportConnectOptions(), CancellationToken.None).AsTask();
        var session = await DuplexSession.StartAsync(bed);
        await engine.DisposeAsync().AsTask().WaitAsync(Patience, TestContext.Current.CancellationToken);

        // Both ends are of this engine: the one whose loop ends first resets the other.
        TransportStatus[] ends = [TransportStatus.Aborted, TransportStatus.Reset];
        Assert.Contains((await Bounded(receiving)).Status, ends);
        Assert.Contains(await Bounded(sending), ends);
        Assert.False(await Bounded(acknowledging));
        Assert.Equal(ConnectFailure.Cancelled, (await Bounded(connecting)).Failure);
        Assert.False((await Bounded(session.Running)).Reason.IsNormal);
        Assert.Contains((await Bounded(other.TakeAsync())).Status, ends);
        Assert.Contains(await Bounded(other.TrySendAsync(new byte[10])), ends);
        Assert.False(await Bounded(AcknowledgeAsync(other)));
        Assert.Equal(ConnectFailure.Cancelled, (await Bounded(engine.ConnectAsync(silent, new TransportConnectOptions(), CancellationToken.None).AsTask())).Failure);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await engine.ListenAsync(new TransportListenOptions { EndPoint = bed.FreeAddress }, CancellationToken.None));
        other.Abort();
        await Bounded(other.DisposeAsync().AsTask());
        Assert.Equal(0, engine.PipesInUse);
    }

    [Fact]
    public async Task ListenAsync_InheritedHandle_AcceptsAndClosesItInTheEnd()
    {
        await using var bed = new SocketBed(IPAddress.Loopback, new EpollTransport(new TransportOptions { Loops = 2 }));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        var listener = await bed.Transport.ListenAsync(new TransportListenOptions { Handle = socket.SafeHandle }, TestContext.Current.CancellationToken);
        Assert.Equal(socket.LocalEndPoint, listener.LocalEndPoint);
        var handler = new RecordingHandler();
        listener.Start(handler);
        var connected = await bed.ConnectAsync(listener.LocalEndPoint);
        var accepted = bed.Own(await handler.NextAsync());
        await connected.SendTextAsync("inherited");
        Assert.Equal("inherited", await accepted.ReadTextAsync(9));
        await listener.DisposeAsync();
        Assert.True(socket.SafeHandle.IsClosed);
        var refused = await bed.Transport.ConnectAsync(listener.LocalEndPoint, new TransportConnectOptions(), TestContext.Current.CancellationToken);
        Assert.Equal(ConnectFailure.Refused, refused.Failure);
    }

    [Fact]
    public async Task ListenAsync_HandleThatDoesNotListen_SaysSo()
    {
        await using var engine = new EpollTransport(new TransportOptions { Loops = 1 });
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var error = await Assert.ThrowsAsync<TransportException>(
            async () => await engine.ListenAsync(new TransportListenOptions { Handle = socket.SafeHandle }, TestContext.Current.CancellationToken));
        Assert.EndsWith("it is not a listening socket", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(1, 5)]
    public void Construct_OptionOutOfRange_Throws(int loops, int stuckAfter) => Assert.Throws<InvalidOptionsException>(
        () => new EpollTransport(new TransportOptions { Loops = loops, StuckAfter = TimeSpan.FromMilliseconds(stuckAfter) }));

    private static async Task<bool> AcknowledgeAsync(TransportConnection connection) => await connection.FlushToPeerAsync();

    private static Task<T> Bounded<T>(Task<T> task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);

    private static Task Bounded(Task task) => task.WaitAsync(Patience, TestContext.Current.CancellationToken);
}
