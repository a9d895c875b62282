using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Primitives;
using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.TestUtilities;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport.Epoll;

/// <summary>
/// A loop that is held up for longer than a limit, as it is when the process is stopped or code on it blocks. What the kernel has received by then goes
/// before the timers, however much it is, and in whatever order.
/// </summary>
public sealed class EpollPauseTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongerThanLimit = TimeSpan.FromMilliseconds(800);

    public EpollPauseTests()
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no epoll here.");
    }

    /// <summary>Each session's client speaks; one look at epoll brings 512 events.</summary>
    [Fact]
    public async Task IdleTimeout_MoreSessionsSpokeThanALookBrings_NoneEnds()
    {
        const int Sessions = 700;
        await using var copies = await Copies.StartAsync(new DuplexOptions { IdleTimeout = Limit }, Sessions);
        await copies.WhileHeldUpAsync(async () =>
        {
            foreach (var (client, _) in copies.Ends)
            {
                client.Send([1]);
                await client.WaitAcknowledgedAsync();
            }
        });
        var one = new byte[1];
        foreach (var (_, server) in copies.Ends)
        {
            Assert.Equal(1, await server.ReceiveAsync(one, TestContext.Current.CancellationToken));
        }
    }

    /// <summary>Whichever event is dealt with first, the other one is not lost for it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task IdleTimeout_FinAndBytesOfTheOtherSideAreWaiting_BothArePassedOn(bool finFirst)
    {
        await using var copies = await Copies.StartAsync(new DuplexOptions { IdleTimeout = Limit }, 20);
        await copies.WhileHeldUpAsync(async () =>
        {
            foreach (var (client, server) in copies.Ends)
            {
                Action[] actions = [() => client.Shutdown(SocketShutdown.Send), () => server.Send("answer"u8)];
                foreach (var action in finFirst ? actions : actions.Reverse())
                {
                    action();
                    await client.WaitAcknowledgedAsync();
                    await server.WaitAcknowledgedAsync();
                }
            }
        });
        foreach (var (client, server) in copies.Ends)
        {
            server.Shutdown(SocketShutdown.Send);
            Assert.Equal("answer", await client.ReceiveTextToEndAsync());
        }

        Assert.All(await Task.WhenAll(copies.Running), result => Assert.Equal("--", result.Reason.ToString()));
    }

    [Fact]
    public async Task FirstByteTimeout_ServerAnsweredMeanwhile_SessionGoesOn()
    {
        await using var copies = await Copies.StartAsync(new DuplexOptions { FirstByteTimeout = Limit }, 1);
        var (client, server) = copies.Ends[0];
        client.Send([1]);
        Assert.Equal(1, await server.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
        await copies.WhileHeldUpAsync(async () =>
        {
            server.Send("answer"u8);
            await server.WaitAcknowledgedAsync();
        });
        Assert.Equal("answer", await client.ReceiveTextAsync(6));
    }

    /// <summary>A timer of somebody else's code: the executor's contract is the same for it.</summary>
    [Fact]
    public async Task Deadline_BytesAreWaitingWhenItIsDue_TheyComeFirst()
    {
        await using var bed = new SocketBed(IPAddress.Loopback, new EpollTransport(new TransportOptions { Loops = 1 }));
        var (connected, accepted) = await bed.PairAsync();
        var (order, fired) = (new List<string>(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var (listener, handler) = await bed.ListenAsync();
        await peer.ConnectAsync(listener.LocalEndPoint, TestContext.Current.CancellationToken);
        var connection = bed.Own(await handler.NextAsync());
        await connection.Executor.Resume();
        var receiving = ReceiveAsync();
        connection.Deadline.Arm(Limit, new TimerHandler(() =>
        {
            order.Add("timer");
            fired.SetResult();
        }));
        peer.Send([1]);
        Thread.Sleep(LongerThanLimit);
        await fired.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await receiving;
        Assert.Equal(["bytes", "timer"], order);
        Assert.True(connected.Executor == accepted.Executor);

        async Task ReceiveAsync()
        {
            await connection.ReceiveAsync();
            order.Add("bytes");
        }
    }

    [Fact]
    public async Task ConnectAsync_AnsweredMeanwhile_Succeeds()
    {
        await using var engine = new EpollTransport(new TransportOptions { Loops = 1 });
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var result = new TaskCompletionSource<ConnectResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.Loops[0].Post(
            async _ =>
            {
                // Begins on the loop, which is held up before it can look for the answer.
                var connecting = engine.ConnectAsync(listener.LocalEndPoint!, new TransportConnectOptions { Timeout = Limit }, CancellationToken.None);
                Thread.Sleep(LongerThanLimit);
                result.SetResult(await connecting);
            },
            null);
        var connected = await result.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.True(connected.IsConnected, connected.Detail);
        await connected.Connection.DisposeAsync();
    }

    private sealed class TimerHandler(Action onTimer) : ITimerHandler
    {
        public void OnTimer() => onTimer();
    }

    /// <summary>Copies on one loop, between sockets of the test's.</summary>
    private sealed class Copies(EpollTransport engine) : IAsyncDisposable
    {
        public List<(Socket Client, Socket Server)> Ends { get; } = [];

        public List<Task<DuplexResult>> Running { get; } = [];

        public static async Task<Copies> StartAsync(DuplexOptions options, int count)
        {
            var copies = new Copies(new EpollTransport(new TransportOptions { Loops = 1 }));
            var (clients, servers) = (await copies.ConnectAsync(count), await copies.ConnectAsync(count));
            var proxy = new DuplexProxy(options, RandomSource.Seeded(1));
            copies.Ends.AddRange(clients.Select((client, i) => (client.Socket, servers[i].Socket)));
            copies.Running.AddRange(clients.Select((client, i) => proxy.RunAsync(client.Connection, servers[i].Connection).AsTask()));
            return copies;
        }

        /// <summary>Holds the loop up until the action is done and the limit over.</summary>
        public async Task WhileHeldUpAsync(Func<Task> action)
        {
            var (held, over) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new ManualResetEventSlim());
            engine.Loops[0].Post(
                _ =>
                {
                    held.SetResult();
                    over.Wait();
                },
                null);
            await held.Task;
            await Task.WhenAll(action(), Task.Delay(LongerThanLimit, TestContext.Current.CancellationToken));
            over.Set();
        }

        public async ValueTask DisposeAsync()
        {
            Ends.ForEach(ends =>
            {
                ends.Client.Dispose();
                ends.Server.Dispose();
            });
            await engine.DisposeAsync();
            await Task.WhenAll(Running);
        }

        private async Task<List<(Socket Socket, TransportConnection Connection)>> ConnectAsync(int count)
        {
            var handler = new RecordingHandler();
            await using var listener = await engine.ListenAsync(new TransportListenOptions { EndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, CancellationToken.None);
            listener.Start(handler);
            var made = new List<(Socket, TransportConnection)>();
            for (var i = 0; i < count; i++)
            {
                var socket = await TestUtilities.SocketExtensions.ConnectAsync(listener.LocalEndPoint, TestContext.Current.CancellationToken);
                made.Add((socket, await handler.NextAsync()));
            }

            return made;
        }
    }
}
