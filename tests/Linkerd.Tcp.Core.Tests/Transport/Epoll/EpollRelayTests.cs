using System.Net;
using System.Net.Sockets;
using Linkerd.Tcp.Tests.Proxying;
using Linkerd.Tcp.Transport;
using Linkerd.Tcp.Transport.Epoll;
using Xunit;

namespace Linkerd.Tcp.Tests.Transport.Epoll;

/// <summary>Copies within one loop: bulk through pipes, small messages without, and back.</summary>
public sealed class EpollRelayTests
{
    private const int PipesKept = 8;
    private static readonly byte[] Bulk = RandomBytes(64 << 20, seed: 1);

    public EpollRelayTests()
    {
        Assert.SkipUnless(EpollTransport.IsSupported, "There is no epoll here.");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Bulk_BothWaysAtOnce_ArrivesWhole(bool unix) => RunAsync(unix, async (bed, engine) =>
    {
        var session = await DuplexSession.StartAsync(bed);
        var back = RandomBytes(64 << 20, seed: 2);
        var sending = Task.WhenAll(session.Client.SendAllAsync(Bulk), session.Server.SendAllAsync(back));
        var received = await Task.WhenAll(session.Server.ReadAsync(Bulk.Length), session.Client.ReadAsync(back.Length));
        await sending;
        ConnectionExtensions.AssertSame(Bulk, received[0]);
        ConnectionExtensions.AssertSame(back, received[1]);
        await EndNormallyAsync(session);
        await session.EndWholeAsync("--", Bulk.Length, back.Length);
        await bed.UntilAsync(() => engine.PipesInUse <= PipesKept);
    });

    [Fact]
    public Task Bulk_ThenSmallThenBulk_ArrivesWhole() => RunAsync(unix: false, async (bed, engine) =>
    {
        var session = await DuplexSession.StartAsync(bed);
        long total = 0;
        for (var round = 0; round < 3; round++)
        {
            var sending = session.Client.SendAllAsync(Bulk.AsMemory(0, 8 << 20));
            ConnectionExtensions.AssertSame(Bulk[..(8 << 20)], await session.Server.ReadAsync(8 << 20));
            await sending;
            for (var i = 1; i <= 200; i++)
            {
                var message = Bulk[i..(i * 7)];
                await session.Client.SendAllAsync(message);
                ConnectionExtensions.AssertSame(message, await session.Server.ReadAsync(message.Length));
                total += message.Length;
            }

            total += 8 << 20;
        }

        Assert.InRange(engine.PipesInUse, 1, PipesKept);
        await EndNormallyAsync(session);
        await session.EndWholeAsync("--", total, 0);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task Bulk_ReaderStopsThenAbort_PipeIsGivenBack(bool readerAborts) => RunAsync(unix: false, async (bed, engine) =>
    {
        var sessions = new List<(DuplexSession Session, Task Sending)>();
        for (var i = 0; i < PipesKept + 4; i++)
        {
            var session = await DuplexSession.StartAsync(bed, new DuplexOptions { HalfCloseTimeout = TimeSpan.FromMilliseconds(200) });
            sessions.Add((session, session.Client.TrySendAsync(Bulk.AsMemory(0, 32 << 20))));
            await session.Server.ReadAsync(2 << 20);
        }

        await bed.UntilAsync(() => engine.PipesInUse > PipesKept);
        foreach (var (session, _) in sessions)
        {
            (readerAborts ? session.Server : session.Client).Abort();
        }

        foreach (var (session, sending) in sessions)
        {
            await session.EndAsync(readerAborts ? "SD" : "CD");
            await sending;
        }

        await bed.UntilAsync(() => engine.PipesInUse <= PipesKept);
    });

    [Fact]
    public Task UnixPeer_SendsInPieces_NothingIsLostOrWaitedFor() => RunAsync(unix: true, async (bed, _) =>
    {
        var session = await DuplexSession.StartAsync(bed);
        var sent = 0;
        for (var size = 1; sent < 1 << 20; size = (size * 3 % 65_521) + 1)
        {
            var piece = Bulk.AsMemory(sent, size);
            var sending = session.Client.SendAllAsync(piece);
            ConnectionExtensions.AssertSame(piece.ToArray(), await session.Server.ReadAsync(size));
            await sending;
            sent += size;
        }

        await EndNormallyAsync(session);
        await session.EndWholeAsync("--", sent, 0);
    });

    [Fact]
    public async Task UrgentData_InTheMiddleOfAStream_NothingStallsAndNoOtherByteIsLostOrAdded()
    {
        await using var bed = new SocketBed(IPAddress.Loopback, new EpollTransport(new TransportOptions { Loops = 1 }));
        var (listener, handler) = await bed.ListenAsync();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndPoint, TestContext.Current.CancellationToken);
        var clientSide = await handler.NextAsync();
        var (backend, served) = await bed.ListenAsync();
        var serverSide = (await bed.Transport.ConnectAsync(backend.LocalEndPoint, new TransportConnectOptions { Executor = clientSide.Executor }, CancellationToken.None)).Connection!;
        var server = bed.Own(await served.NextAsync());
        var running = new DuplexProxy().RunAsync(clientSide, serverSide, cancellationToken: TestContext.Current.CancellationToken).AsTask();
        for (var i = 0; i < 200; i++)
        {
            var (before, after) = (Bulk.AsMemory(i, 1 + (i * 37)), Bulk.AsMemory(i + 1, 1 + (i * 53)));
            client.Send(before.Span);
            client.Send([0xEE], SocketFlags.OutOfBand);
            client.Send(after.Span);
            var read = await server.ReadAsync(before.Length + after.Length).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
            ConnectionExtensions.AssertSame([.. before.Span, .. after.Span], read);
        }

        client.Shutdown(SocketShutdown.Send);
        await server.ExpectFinAsync();
        server.ShutdownSend();
        var result = await running;
        Assert.Equal(("--", result.BytesFromClient), (result.Reason.ToString(), result.BytesToServer));
    }

    private static async Task EndNormallyAsync(DuplexSession session)
    {
        session.Client.ShutdownSend();
        await session.Server.ExpectFinAsync();
        session.Server.ShutdownSend();
        await session.Client.ExpectFinAsync();
    }

    private static byte[] RandomBytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static Task RunAsync(bool unix, Func<TransportBed, EpollTransport, Task> test)
    {
        var engine = new EpollTransport(new TransportOptions { Loops = 1 });
        return SocketBed.RunAsync(() => unix ? new UnixSocketBed(engine) : new SocketBed(IPAddress.Loopback, engine), bed => test(bed, engine));
    }
}
