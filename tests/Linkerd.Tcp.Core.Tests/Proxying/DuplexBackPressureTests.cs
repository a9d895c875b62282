using Linkerd.Tcp.Testing;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

/// <summary>Slow readers: what is held, who is stopped, and how an end is noticed while nothing can be sent.</summary>
public sealed class DuplexBackPressureTests
{
    private const int Seeds = 8;

    [Fact]
    public void RunAsync_ReaderStops_HoldsNoMoreThanOneWindow() => SimulatedBed.Run(Seeds, async bed =>
    {
        var tcp = new TcpOptions { WindowSize = 10_000 };
        var session = await DuplexSession.StartAsync(bed, tcp: tcp);
        var stream = ConnectionExtensions.Pattern(bed.MoreThanFits);
        var sending = session.Client.TrySendAsync(stream);
        var read = new List<byte>();
        while (read.Count < stream.Length)
        {
            for (var look = 0; look < 5; look++)
            {
                Assert.InRange(session.Control.BytesFromClient - session.Control.BytesToServer, 0, tcp.WindowSize);
                await bed.DelayAsync(1 + (bed.Random.NextDouble() * 30));
            }

            read.AddRange(await session.Server.ReadAsync(Math.Min(50_000, stream.Length - read.Count)));
        }

        Assert.Equal(TransportStatus.Ok, await sending);
        ConnectionExtensions.AssertSame(stream, [.. read]);
        session.Client.ShutdownSend();
        session.Server.ShutdownSend();
        await session.EndWholeAsync("--", stream.Length, 0);
    });

    [Fact]
    public void RunAsync_ReaderStops_WriterStopsAndNobodyElse() => SimulatedBed.Run(Seeds, async bed =>
    {
        var proxy = new DuplexProxy();
        var stuck = await DuplexSession.PrepareAsync(bed);
        var other = await DuplexSession.PrepareAsync(bed);
        stuck.Start(proxy);
        other.Start(proxy);
        var sending = stuck.Client.TrySendAsync(new byte[bed.MoreThanFits * 2]);
        await bed.DelayAsync(300_000);
        Assert.False(sending.IsCompleted);
        var writtenWhenStuck = stuck.Client.BytesSent;

        // The other session, and the stuck session's own way back, are as fast as ever.
        var stream = ConnectionExtensions.Pattern(300_000);
        foreach (var (from, to) in new[] { (other.Client, other.Server), (stuck.Server, stuck.Client) })
        {
            var moving = from.TrySendAsync(stream);
            ConnectionExtensions.AssertSame(stream, await to.ReadAsync(stream.Length));
            Assert.Equal(TransportStatus.Ok, await moving);
        }

        Assert.Equal(writtenWhenStuck, stuck.Client.BytesSent);
        await stuck.Server.ReadAsync(bed.MoreThanFits * 2);
        Assert.Equal(TransportStatus.Ok, await sending);
        foreach (var session in new[] { stuck, other })
        {
            session.Client.Abort();
            await session.EndAsync("CD");
        }
    });

    [Fact]
    public void RunAsync_ClientResetsWhileTheServerDoesNotRead_IsNoticedAndBounded() => SimulatedBed.Run(Seeds, async bed =>
    {
        var limit = TimeSpan.FromSeconds(7);
        var session = await DuplexSession.StartAsync(bed, new DuplexOptions { HalfCloseTimeout = limit });
        var sending = session.Client.TrySendAsync(new byte[bed.MoreThanFits * 2]);
        await bed.DelayAsync(300_000);
        Assert.False(sending.IsCompleted);
        session.Client.Abort();
        var goneAt = session.Clock.GetUtcNow();
        await session.EndAsync("CD");
        Assert.InRange(session.Clock.GetUtcNow(), goneAt + limit, goneAt + limit + TimeSpan.FromSeconds(1.2));
        Assert.Equal(TransportStatus.Reset, (await session.Server.ReadToEndAsync()).End);
    });

    [Fact]
    public void RunAsync_ClientResetsAndTheServerReadsOn_ItGetsAllThatWasReceived() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        var stream = ConnectionExtensions.Pattern(bed.MoreThanFits * 2);
        var sending = session.Client.TrySendAsync(stream);
        await bed.DelayAsync(300_000);
        session.Client.Abort();
        await bed.DelayAsync(5_000);
        var (data, end) = await session.Server.ReadToEndAsync();
        var result = await session.EndAsync("CD");
        Assert.Equal(TransportStatus.Reset, end);
        Assert.Equal(TransportStatus.Aborted, await sending);
        Assert.Equal((result.BytesFromClient, result.BytesFromClient), (result.BytesToServer, data.Length));
        Assert.Equal(stream[..data.Length], data);
    });

    [Fact]
    public void RunAsync_ServerResetsWhileItsAnswerWaitsForASlowClient_AnswerArrivesWholeThenReset() => SimulatedBed.Run(Seeds, async bed =>
    {
        // The upload learns of the reset long before the answer, which lies in our kernel, has been read; and must not take it along.
        bed.Network.DefaultLink = new SimulatedLinkOptions { SendBuffer = 4_000, ReceiveBuffer = 4_000 };
        var (client, clientSide) = await bed.PairAsync(new TcpOptions { WindowSize = 4_000 });
        bed.Network.DefaultLink = new SimulatedLinkOptions { SendBuffer = 200_000, ReceiveBuffer = 200_000 };
        var (serverSide, server) = await bed.PairAsync(new TcpOptions { WindowSize = 4_000 });
        var running = new DuplexProxy().RunAsync(clientSide, serverSide).AsTask();
        var uploading = client.TrySendAsync(new byte[bed.MoreThanFits]);
        var answer = ConnectionExtensions.Pattern(100_000);
        await server.SendAllAsync(answer);
        Assert.True(await server.FlushToPeerAsync());
        server.Abort();
        await bed.DelayAsync(10_000);
        Assert.True(serverSide.IsReset);
        var (data, end) = await client.ReadToEndAsync();
        ConnectionExtensions.AssertSame(answer, data);
        Assert.Equal((TransportStatus.Reset, TransportStatus.Reset), (end, await uploading));
        var result = await running;
        Assert.Equal(("SD", 100_000L, 100_000L), (result.Reason.ToString(), result.BytesFromServer, result.BytesToClient));
    });

    [Fact]
    public void RunAsync_BothEndedAndTheReaderIsSlow_TheRestStillArrives() => SimulatedBed.Run(Seeds, async bed =>
    {
        // The server is done, the client has sent its FIN and is closed in good order: that is not "gone", however long the server takes to read.
        bed.Network.DefaultLink = new SimulatedLinkOptions { SendBuffer = 16_000, ReceiveBuffer = 16_000 };
        var options = new DuplexOptions { HalfCloseTimeout = TimeSpan.FromSeconds(5) };
        var session = await DuplexSession.StartAsync(bed, options, new TcpOptions { WindowSize = 8_000 });
        var stream = ConnectionExtensions.Pattern(400_000);
        session.Server.ShutdownSend();
        await session.Client.ExpectFinAsync();
        var sending = SendThenFinAsync(session.Client, stream);
        var read = new List<byte>();
        while (read.Count < stream.Length)
        {
            await bed.DelayAsync(2000);
            read.AddRange(await session.Server.ReadAsync(Math.Min(20_000, stream.Length - read.Count)));
        }

        await sending;
        await session.Server.ExpectFinAsync();
        ConnectionExtensions.AssertSame(stream, [.. read]);
        await session.EndWholeAsync("--", stream.Length, 0);
    });

    [Fact]
    public void RunAsync_PeerPausesForLong_StreamGoesOn() => SimulatedBed.Run(Seeds, async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        var stream = ConnectionExtensions.Pattern(200_000);
        var reading = session.Client.ReadAsync(stream.Length);
        ((SimulatedConnection)session.Client).PauseReading();
        var sending = session.Server.TrySendAsync(stream);
        await bed.DelayAsync(3_600_000);
        ((SimulatedConnection)session.Client).ResumeReading();
        ConnectionExtensions.AssertSame(stream, await reading);
        Assert.Equal(TransportStatus.Ok, await sending);
        session.Server.Abort();
        await session.EndWholeAsync("SD", 0, stream.Length);
    });

    private static async Task SendThenFinAsync(TransportConnection connection, byte[] data)
    {
        await connection.SendAllAsync(data);
        connection.ShutdownSend();
    }
}
