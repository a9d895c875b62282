using Linkerd.Tcp.Proxying;
using Linkerd.Tcp.Tests.Transport;
using Linkerd.Tcp.Transport;
using Xunit;

namespace Linkerd.Tcp.Tests.Proxying;

public abstract partial class DuplexProxyTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task RunAsync_PeerResetsAfterALongStream_OtherReadsItSlowlyAndWholeThenReset(bool server) => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        var (sender, reader) = server ? (session.Server, session.Client) : (session.Client, session.Server);
        var stream = ConnectionExtensions.Pattern(3_000_000);
        var sending = SendThenResetAsync(sender, stream);
        var read = new MemoryStream();
        ReceiveResult received;
        while (!(received = await reader.ReceiveAsync()).Data.IsEmpty)
        {
            read.Write(received.Data.Span);
            reader.Advance(received.Data.Length);
            if (read.Length % 7 == 0)
            {
                await bed.PauseAsync();
            }
        }

        await sending;
        Assert.Equal(TransportStatus.Reset, received.Status);
        ConnectionExtensions.AssertSame(stream, read.ToArray());
        await session.EndWholeAsync(server ? "SD" : "CD", server ? 0 : stream.Length, server ? stream.Length : 0);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task RunAsync_PeerResetsAtOnce_OtherIsReset(bool server) => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        (server ? session.Server : session.Client).Abort();
        var survivor = server ? session.Client : session.Server;
        Assert.Equal(TransportStatus.Reset, (await survivor.ReceiveAsync()).Status);
        await session.EndWholeAsync(server ? "SD" : "CD", 0, 0);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task RunAsync_PeerResetsWhileTheOtherDirectionIsBlocked_OtherIsReset(bool receiverResets) => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed, new DuplexOptions { HalfCloseTimeout = TimeSpan.FromSeconds(1) });
        var uploading = session.Client.TrySendAsync(new byte[4 * bed.MoreThanFits]);
        await bed.UntilAsync(() => session.Control.BytesToServer > 0);
        await bed.SettleAsync();
        Assert.False(uploading.IsCompleted);
        if (receiverResets)
        {
            session.Server.Abort();
            Assert.Equal(TransportStatus.Reset, await uploading);
            await session.EndAsync("SD");
        }
        else
        {
            // The bytes that are stuck in the way can be flushed for as long as the half-close timeout allows.
            session.Client.Abort();
            await session.EndAsync("CD");
            Assert.Equal(TransportStatus.Reset, (await session.Server.ReadToEndAsync()).End);
        }
    });

    [Fact]
    public Task RunAsync_ServerAnswersEarlyAndResetsDuringTheUpload_AnswerArrivesThenReset() => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        var uploading = session.Client.TrySendAsync(new byte[4 * bed.MoreThanFits]);
        await bed.UntilAsync(() => session.Control.BytesToServer > 0);
        var answering = SendThenResetAsync(session.Server, Answer);
        var (data, end) = await session.Client.ReadToEndAsync();
        await answering;
        ConnectionExtensions.AssertSame(Answer, data);
        Assert.Equal(TransportStatus.Reset, end);
        Assert.Equal(TransportStatus.Reset, await uploading);
        var result = await session.EndAsync("SD");
        Assert.Equal((Answer.Length, Answer.Length), (result.BytesFromServer, result.BytesToClient));
    });

    [Fact]
    public Task RunAsync_ServerEndsThenResetsDuringTheUpload_ClientSeesTheFin() => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        var answering = SendThenFinThenResetAsync(session.Server, Answer);
        var uploading = SendUntilEndAsync(session.Client);
        ConnectionExtensions.AssertSame(Answer, await ReadToFinAsync(session.Client));
        await answering;
        Assert.Equal(TransportStatus.Reset, await uploading);
        var result = await session.EndAsync("SL|SD");
        Assert.Equal((Answer.Length, Answer.Length), (result.BytesFromServer, result.BytesToClient));
    });

    [Fact]
    public Task RunAsync_ClientEndsThenServerResets_ClientIsReset() => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        var asking = SendThenFinAsync(session.Client, Request);
        ConnectionExtensions.AssertSame(Request, await ReadToFinAsync(session.Server));
        await asking;
        await session.Server.SendTextAsync("half an ans");
        Assert.True(await session.Server.FlushToPeerAsync());
        session.Server.Abort();
        var (data, end) = await session.Client.ReadToEndAsync();
        Assert.Equal((11, TransportStatus.Reset), (data.Length, end));
        await session.EndWholeAsync("SL", Request.Length, 11);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task TryEnd_WhileRunning_ResetsBothAndFirstReasonWins(bool elsewhere) => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        await session.Client.SendTextAsync("hello");
        Assert.Equal("hello", await session.Server.ReadTextAsync(5));
        var (first, second) = (false, true);
        void End()
        {
            first = session.Control.TryEnd(new CloseReason(ClosedBy.Operator, ClosePhase.Data));
            second = session.Control.TryEnd(new CloseReason(ClosedBy.Down, ClosePhase.Data));
        }

        if (elsewhere)
        {
            await bed.RunElsewhereAsync(End);
        }
        else
        {
            End();
        }

        Assert.Equal((true, false), (first, second));
        Assert.Equal(TransportStatus.Reset, (await session.Client.ReceiveAsync()).Status);
        Assert.Equal(TransportStatus.Reset, (await session.Server.ReceiveAsync()).Status);
        await session.EndWholeAsync("KD", 5, 0);
    });

    [Fact]
    public Task TryEnd_BeforeTheStart_EndsAtOnce() => RunAsync(async bed =>
    {
        var session = await DuplexSession.PrepareAsync(bed);
        Assert.True(session.Control.TryEnd(new CloseReason(ClosedBy.Down, ClosePhase.Queue)));
        session.Start(new DuplexProxy());
        await session.EndAsync("DQ");
        Assert.Equal(TransportStatus.Reset, (await session.Client.ReceiveAsync()).Status);
        Assert.Equal(TransportStatus.Reset, (await session.Server.ReceiveAsync()).Status);
    });

    [Fact]
    public Task RunAsync_ControlUsedTwice_Throws() => RunAsync(async bed =>
    {
        var session = await DuplexSession.StartAsync(bed);
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await new DuplexProxy().RunAsync(session.ClientSide, session.ServerSide, session.Control, cancellationToken: TestContext.Current.CancellationToken));
        session.Client.Abort();
        await session.EndAsync("CD");
    });

    private static async Task SendThenResetAsync(TransportConnection connection, byte[] data)
    {
        await connection.SendAllAsync(data);
        Assert.True(await connection.FlushToPeerAsync());
        connection.Abort();
    }

    private static async Task SendThenFinThenResetAsync(TransportConnection connection, byte[] data)
    {
        await SendThenFinAsync(connection, data);
        Assert.True(await connection.FlushToPeerAsync());
        connection.Abort();
    }

    private static async Task<TransportStatus> SendUntilEndAsync(TransportConnection connection)
    {
        var chunk = new byte[5000];
        TransportStatus status;
        while ((status = await connection.SendAsync(chunk)) == TransportStatus.Ok)
        {
        }

        return status;
    }
}
